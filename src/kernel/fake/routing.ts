import type { Route, RoutingRule } from '../../model/instance.ts';
import type { KernelErrorCode, RoutingOp } from '../../model/op.ts';
import { routeFits, routeKey, ruleKey } from '../../model/routing.ts';

/** What routes lean on. */
export interface Ground {
  readonly links: readonly string[];
  readonly addresses: readonly string[];
}

/** Routes and rules in memory: those of ours, and whatever others made that stands in their way. */
export class FakeRouting {
  routes: Route[] = [];
  rules: RoutingRule[] = [];
  /** Keys of routes that are not ours: never listed, never changed. Others' rules stand in nobody's way. */
  readonly foreign = new Set<string>();

  act(op: RoutingOp, ground: Ground): KernelErrorCode | null {
    switch (op.kind) {
      case 'add-route':
        return this.#addRoute(op.route, op.replaces !== null, ground);
      case 'delete-route': {
        const found = this.routes.find((route) => routeFits(op.route, route));
        this.routes = this.routes.filter((route) => route !== found);
        return found ? null : 'route-missing';
      }
      case 'add-rule': {
        const key = ruleKey(op.rule);
        if (this.rules.some((rule) => ruleKey(rule) === key)) return 'rule-exists';
        this.rules.push(op.rule);
        return null;
      }
      case 'delete-rule': {
        const key = ruleKey(op.rule);
        const found = this.rules.find((rule) => ruleKey(rule) === key);
        this.rules = this.rules.filter((rule) => rule !== found);
        return found ? null : 'rule-missing';
      }
    }
  }

  #addRoute(route: Route, replace: boolean, { links, addresses }: Ground): KernelErrorCode | null {
    const key = routeKey(route);
    const [chosen] = links.filter((name) => name !== 'lo');
    const device = route.interface ?? chosen;
    if (device === undefined || !links.includes(device)) return 'link-missing';
    if (route.source !== null && !addresses.includes(route.source)) return 'invalid';
    const at = this.routes.findIndex((other) => routeKey(other) === key);
    if (!replace && (at >= 0 || this.foreign.has(key))) return 'route-exists';
    const added = { ...route, interface: device };
    if (at >= 0) this.routes[at] = added;
    else this.routes.push(added);
    return null;
  }
}
