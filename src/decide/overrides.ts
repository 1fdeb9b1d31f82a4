import { err, ok, type Result } from '../base/result.ts';
import type { Administrative, Desired } from '../model/desired.ts';
import {
  DIRECTOR,
  instanceTarget,
  type Override,
  type OverrideKind,
  type Overrides,
  type OverrideTarget,
  overrideId,
  type Setting,
  serverTarget,
  serviceTarget,
  targetName,
} from '../model/override.ts';

/** What overrides come to, and how they change. */

/** One wish of an operator. `set` replaces what is set of that kind. */
export type OverrideEdit =
  | {
      readonly set: Setting & { readonly target: OverrideTarget; readonly reason?: string; readonly untilMs?: number };
    }
  | { readonly clear: string };

export interface OverrideAuthor {
  readonly by: string;
  /** Wall-clock milliseconds. */
  readonly nowMs: number;
}

/** What two kinds cannot be said of one target at once. The first is refused while the second holds: drain first and then take
 *  out is the usual way, and the other way round there is nothing left to drain. */
const CONFLICTS: readonly (readonly [OverrideKind, OverrideKind])[] = [['drain', 'maintenance']];

/** The overrides after these edits, all or none. The same value when nothing changes; the override that stands in the way of
 *  one of them as the error. */
export function edited(
  before: Overrides,
  edits: readonly OverrideEdit[],
  { by, nowMs }: OverrideAuthor,
): Result<Overrides, Override> {
  const rows = new Map(before.rows);
  const set: Override[] = [];
  let cleared = 0;
  for (const edit of edits) {
    if ('clear' in edit) {
      if (rows.delete(edit.clear)) cleared++;
      continue;
    }
    const { reason = null, untilMs = null, ...setting } = edit.set;
    const next: Override = { ...setting, by, sinceMs: nowMs, reason, untilMs };
    const id = overrideId(next);
    if (isSame(rows.get(id), next)) continue;
    rows.set(id, next);
    set.push(next);
  }
  // What stays as it is stands in nobody's way.
  for (const row of set) {
    const obstacle = obstacleTo(row, rows);
    if (obstacle) return err(obstacle);
  }
  return ok(set.length + cleared === 0 ? before : { revision: before.revision + 1, rows });
}

const isSame = (present: Override | undefined, next: Override): boolean =>
  present?.value === next.value && present.reason === next.reason && present.untilMs === next.untilMs;

function obstacleTo(
  { kind, target }: Pick<Override, 'kind' | 'target'>,
  rows: Overrides['rows'],
): Override | undefined {
  const against = CONFLICTS.find(([refused]) => refused === kind)?.[1];
  return against && rows.get(overrideId({ kind: against, target }));
}

/** What an operator set for one server, its own before its service's. */
export interface ServerOverride {
  readonly administrative: Administrative;
  /** In place of what the checks say. */
  readonly pinned?: 'up' | 'down';
  readonly weight?: number;
  /** Why `administrative` or `pinned` is what it is, where the operator said so. */
  readonly because?: string;
}

const UNTOUCHED: ServerOverride = { administrative: 'enabled' };

/** Taken out outranks drained, and both outrank a pinned state. */
export function serverOverride({ rows }: Overrides, service: string, server: string): ServerOverride {
  if (rows.size === 0) return UNTOUCHED;
  const target = serverTarget(service, server);
  const of = (kind: OverrideKind): Override | undefined => rows.get(overrideId({ kind, target }));
  const out = of('maintenance') ?? rows.get(overrideId({ kind: 'maintenance', target: serviceTarget(service) }));
  const drain = of('drain');
  const state = of('state');
  const weight = of('weight');
  const reason = (out ?? drain ?? state)?.reason ?? null;
  return {
    administrative: out ? 'maintenance' : drain ? 'drain' : 'enabled',
    ...(state?.kind === 'state' && { pinned: state.value }),
    ...(weight?.kind === 'weight' && { weight: weight.value }),
    ...(reason !== null && { because: reason }),
  };
}

/** Why an instance takes no part in its election, in words; null: it does. */
export function instanceMaintenance({ rows }: Overrides, instance: string): string | null {
  const whole = rows.get(overrideId({ kind: 'maintenance', target: DIRECTOR }));
  const own = rows.get(overrideId({ kind: 'maintenance', target: instanceTarget(instance) }));
  const row = whole ?? own;
  return row ? `maintenance is on${row.reason === null ? '' : `: ${row.reason}`}` : null;
}

/** Every target that the file has. */
export const targetsOf = ({ services, instances }: Desired): Set<OverrideTarget> =>
  new Set([
    DIRECTOR,
    ...instances.map(({ name }) => instanceTarget(name)),
    ...services.flatMap(({ name, servers }) => [
      serviceTarget(name),
      ...servers.map((server) => serverTarget(name, server.name)),
    ]),
  ]);

/** Those whose target the file does not have: they wait for its return. */
export function orphansOf({ rows }: Overrides, desired: Desired): Override[] {
  if (rows.size === 0) return [];
  const targets = targetsOf(desired);
  return [...rows.values()].filter(({ target }) => !targets.has(target));
}

export const orphanInWords = (row: Override): string =>
  `override ${overrideId(row)} does nothing: the file has no ${row.target} (\`fairlead overrides --clear --orphans\` forgets it)`;

/** Without those whose time is over; the same value when there are none. */
export function withoutExpired(overrides: Overrides, nowMs: number): Overrides {
  const rows = [...overrides.rows].filter(([, { untilMs }]) => untilMs === null || untilMs > nowMs);
  return rows.length === overrides.rows.size ? overrides : { revision: overrides.revision + 1, rows: new Map(rows) };
}

/** When the next one ends by itself; null: none does. */
export const nextExpiry = ({ rows }: Overrides): number | null => {
  const ends = [...rows.values()].flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]));
  return ends.length === 0 ? null : Math.min(...ends);
};

/** `web/r1 is drained: no new connections`. */
export function overrideInWords(row: Override): string {
  const name = targetName(row.target);
  switch (row.kind) {
    case 'drain':
      return `${name} is drained: no new connections`;
    case 'maintenance':
      if (row.target === DIRECTOR) return 'maintenance: every instance is handed over';
      return `${name} is in maintenance`;
    case 'weight':
      return `${name} has weight ${row.value}`;
    case 'state':
      return `${name} is pinned ${row.value}, whatever its checks say`;
  }
}

function endInWords(row: Override): string {
  const name = targetName(row.target);
  switch (row.kind) {
    case 'drain':
      return `${name} serves again`;
    case 'maintenance':
      return row.target === DIRECTOR ? 'maintenance is over' : `${name}: maintenance is over`;
    case 'weight':
      return `${name} has the weight of its file again`;
    case 'state':
      return `${name} is as its checks say again`;
  }
}

/** What changed from one to the other, a line each, told with who did it and why. `ended`: why what is gone is gone. */
export function overrideChanges(before: Overrides, after: Overrides, ended: string): string[] {
  const gone = [...before.rows].flatMap(([id, row]) => (after.rows.has(id) ? [] : [`${endInWords(row)} (${ended})`]));
  const set = [...after.rows].flatMap(([id, row]) => {
    if (before.rows.get(id) === row) return [];
    const because = row.reason === null ? '' : `, because: ${row.reason}`;
    const until = row.untilMs === null ? '' : ', for a time';
    return [`${overrideInWords(row)} (by ${row.by}${until}${because})`];
  });
  return [...gone, ...set];
}
