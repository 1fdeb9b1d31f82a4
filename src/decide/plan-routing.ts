import type { Target } from '../model/desired.ts';
import type { Route } from '../model/instance.ts';
import type { KernelDump } from '../model/observed.ts';
import { routeFits, routeInWords, routeKey, ruleKey } from '../model/routing.ts';
import { compareText } from './canonical.ts';
import type { StepList } from './order.ts';

/** Routes and rules that follow roles. All of ours in the kernel bear our protocol number, and the dump has no others. */
export function planRouting(steps: StepList, notes: string[], target: Target, dump: KernelDump): void {
  planRoutes(steps, notes, target, dump);
  planRules(steps, target, dump);
}

function planRoutes(steps: StepList, notes: string[], target: Target, dump: KernelDump): void {
  const wanted = new Map<string, Route>();
  for (const route of [...target.routes].sort(byWords)) {
    const key = routeKey(route);
    const first = wanted.get(key);
    if (!first) wanted.set(key, route);
    else if (routeInWords(first) !== routeInWords(route))
      notes.push(`route ${routeInWords(route)} is left out: another instance wants ${routeInWords(first)}`);
  }
  const present = new Map<string, Route[]>();
  for (const route of dump.routes) {
    const key = routeKey(route);
    present.set(key, [...(present.get(key) ?? []), route]);
  }

  for (const route of wanted.values()) {
    const here = present.get(routeKey(route)) ?? [];
    const good = here.find((other) => routeFits(route, other));
    const [first = null] = here;
    const kept = good ?? first;
    if (!good) steps.add('add-route', { kind: 'add-route', route, replaces: first, why: additionOf(route, first) });
    for (const other of here) if (other !== kept) remove(steps, other, 'is there twice');
  }
  const unwanted = dump.routes.filter((route) => !wanted.has(routeKey(route))).sort(byWords);
  for (const route of unwanted) remove(steps, route, 'belongs to no instance that is master');
}

const byWords = (a: Route, b: Route): number =>
  compareText(routeKey(a), routeKey(b)) || compareText(routeInWords(a), routeInWords(b));

const additionOf = (route: Route, replaced: Route | null): string =>
  replaced === null
    ? `route ${routeInWords(route)} belongs to an instance that is master`
    : `route ${routeInWords(replaced)} becomes ${routeInWords(route)}`;

const remove = (steps: StepList, route: Route, what: string): void =>
  steps.add('delete-route', { kind: 'delete-route', route, why: `route ${routeInWords(route)} ${what}` });

function planRules(steps: StepList, target: Target, dump: KernelDump): void {
  const wanted = new Map(target.rules.map((rule) => [ruleKey(rule), rule]));
  const present = new Set(dump.rules.map(ruleKey));
  for (const [key, rule] of [...wanted].sort((a, b) => compareText(a[0], b[0]))) {
    const why = `rule ${key} belongs to an instance that is master`;
    if (!present.has(key)) steps.add('add-rule', { kind: 'add-rule', rule, why });
  }
  for (const rule of [...dump.rules].sort((a, b) => compareText(ruleKey(a), ruleKey(b)))) {
    const why = `rule ${ruleKey(rule)} belongs to no instance that is master`;
    if (!wanted.has(ruleKey(rule))) steps.add('delete-rule', { kind: 'delete-rule', rule, why });
  }
}
