import type { Check } from '../model/desired.ts';
import type { ProbeResult } from '../model/health.ts';

/** One of several checks that are asked of a server together. */
export interface Member {
  readonly check: Check;
  /** Null: that of the whole. */
  readonly port: number | null;
}

/** What a combined check asks, or undefined when it is one of a single kind. */
export function membersOf(check: Check): { readonly need: number; readonly of: readonly Member[] } | undefined {
  return KINDS.has(check.kind) ? (check as unknown as { readonly need: number; readonly of: Member[] }) : undefined;
}

const KINDS: ReadonlySet<string> = new Set(['all', 'any', 'quorum']);

type Found = Pick<ProbeResult, 'ok' | 'phase' | 'outcome' | 'evidence' | 'weight' | 'admin' | 'certificate'>;

/** One finding from those of several checks of one server, of which `need` must be good. What they report of weight and
 *  service is kept: the smallest weight, the sternest word; of certificates the one that ends first. */
export function combine(need: number, found: readonly Found[]): Found {
  const good = found.filter(({ ok }) => ok);
  const bad = found.filter(({ ok }) => !ok);
  const ok = good.length >= need;
  const told = ok ? good : bad;
  const [first] = told;
  const evidence = told.map((one) => one.evidence).join(' and ');
  const short = ok || need === found.length ? '' : `only ${good.length} of ${found.length} checks were good: `;
  return {
    ok,
    phase: first?.phase ?? 'match',
    outcome: told.length === 1 && first ? first.outcome : ok ? 'enough' : whyTooFew(bad),
    evidence: `${short}${evidence}`,
    ...weightOf(found),
    ...adminOf(found),
    ...certificateOf(found),
  };
}

/** That nobody is at the address is news for all who ask there; else the word that all agree on. */
function whyTooFew(bad: readonly Found[]): string {
  const outcomes = new Set(bad.map(({ outcome }) => outcome));
  if (outcomes.has('unreachable')) return 'unreachable';
  const [only = 'too-few', ...others] = outcomes;
  return others.length === 0 ? only : 'too-few';
}

const weightOf = (found: readonly Found[]): Pick<Found, 'weight'> => {
  const said = found.flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
  const size = (weight: (typeof said)[number]): number => ('percent' in weight ? weight.percent : weight.absolute);
  const [least] = said.sort((a, b) => size(a) - size(b));
  return least === undefined ? {} : { weight: least };
};

const STERNEST = ['maint', 'drain', 'ready'] as const;

const adminOf = (found: readonly Found[]): Pick<Found, 'admin'> => {
  const admin = STERNEST.find((word) => found.some((one) => one.admin === word));
  return admin === undefined ? {} : { admin };
};

const certificateOf = (found: readonly Found[]): Pick<Found, 'certificate'> => {
  const shown = found.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  const [first] = shown.sort((a, b) => a.endsAt - b.endsAt);
  return first === undefined ? {} : { certificate: first };
};
