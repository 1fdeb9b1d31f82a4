/** What an operator sets at run time, on top of the file. It holds until it is taken back or its time is over. */

/** What each kind says, and of what it can be said. */
export const OVERRIDE_KINDS = {
  drain: { of: ['server'], says: 'no new connections; open ones go on' },
  maintenance: {
    of: ['server', 'service', 'instance', 'director'],
    says: 'out of the table, or out of the election after a hand-over',
  },
  weight: { of: ['server'], says: 'in place of the weight in the file and of what an agent says' },
  state: { of: ['server'], says: 'up or down, whatever the checks find' },
} as const satisfies Record<string, { readonly of: readonly OverrideScope[]; readonly says: string }>;

export type OverrideScope = 'server' | 'service' | 'instance' | 'director';
export type OverrideKind = keyof typeof OVERRIDE_KINDS;
export const OVERRIDE_KIND_NAMES = Object.keys(OVERRIDE_KINDS) as readonly OverrideKind[];

/** What of: `server/web/10.0.0.11:80`, `service/web`, `instance/edge`, `director`. */
export type OverrideTarget = string;

export const DIRECTOR: OverrideTarget = 'director';
export const serverTarget = (service: string, server: string): OverrideTarget => `server/${service}/${server}`;
export const serviceTarget = (service: string): OverrideTarget => `service/${service}`;
export const instanceTarget = (instance: string): OverrideTarget => `instance/${instance}`;
/** `web/10.0.0.11:80`, `web`, `edge`, `director`: as people call it. */
export const targetName = (target: OverrideTarget): string => target.slice(target.indexOf('/') + 1);

/** A kind with its value. */
export type Setting =
  | { readonly kind: 'drain' | 'maintenance'; readonly value: null }
  | { readonly kind: 'weight'; readonly value: number }
  | { readonly kind: 'state'; readonly value: 'up' | 'down' };

/** One thing that is set, with its circumstances. Times are wall-clock milliseconds. */
export type Override = Setting & {
  readonly target: OverrideTarget;
  /** Who set it: `user root`, `uid 1000`. */
  readonly by: string;
  readonly sinceMs: number;
  readonly reason: string | null;
  /** When it ends by itself; null: never. */
  readonly untilMs: number | null;
};

/** `drain:server/web/r1`: of each kind a target has one at most. */
export const overrideId = ({ kind, target }: Pick<Override, 'kind' | 'target'>): string => `${kind}:${target}`;

/** All that is set, by overrideId in the order of setting. */
export interface Overrides {
  /** Counts changes, across restarts. */
  readonly revision: number;
  readonly rows: ReadonlyMap<string, Override>;
}

export const NO_OVERRIDES: Overrides = { revision: 0, rows: new Map() };

/** Whether the director as a whole takes nothing. */
export const directorInMaintenance = ({ rows }: Overrides): boolean =>
  rows.has(overrideId({ kind: 'maintenance', target: DIRECTOR }));

/** A kind and its value where they belong together. */
export function settingOf(kind: OverrideKind, value: Setting['value']): Setting | null {
  if (kind === 'weight') return typeof value === 'number' ? { kind, value } : null;
  if (kind === 'state') return value === 'up' || value === 'down' ? { kind, value } : null;
  return value === null ? { kind, value } : null;
}
