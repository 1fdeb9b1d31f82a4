import type { Family } from '../base/ip.ts';
import type { ElectionSettings, EngineInstance, VrrpState } from './vrrp.ts';

/** Something an instance depends on. `name` is what `explain` and logs call it: `process nginx`. */
export type Tracker = {
  readonly name: string;
  /** 0: down is a fault. Of a file: what its number is multiplied with. */
  readonly weight: number;
  readonly reverse: boolean;
} & (
  | { readonly kind: 'interface'; readonly interface: string }
  | { readonly kind: 'process'; readonly process: string; readonly min: number; readonly max: number | null }
  | { readonly kind: 'file'; readonly file: string; readonly everyMs: number }
  | ({ readonly kind: 'script'; readonly command: readonly string[]; readonly user: string | null } & Looks)
  | ({ readonly kind: 'reach'; readonly address: string; readonly port: number | null } & Looks)
  | { readonly kind: 'service'; readonly service: string }
);

/** How often is looked, and how many looks in a row change the mind. */
export interface Looks {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** What a tracker found. `value` is 1 or 0 of everything but a file, which has any whole number. */
export interface TrackerState {
  readonly state: 'up' | 'down' | 'unknown';
  readonly value: number;
  readonly why: string;
}

/** Who is told of an object's changes. Commands are program and arguments; no shell. */
export interface Notify {
  readonly on: Readonly<Partial<Record<'master' | 'backup' | 'fault' | 'stop' | 'any', readonly string[]>>>;
  readonly http: string | null;
  readonly fifo: string | null;
  readonly beforeRelease: readonly string[] | null;
  readonly timeoutMs: number;
  readonly user: string | null;
}

/** A route that follows a role. */
export interface Route {
  readonly family: Family;
  /** Null: default. */
  readonly to: { readonly address: string; readonly prefix: number } | null;
  readonly via: string | null;
  readonly interface: string | null;
  readonly source: string | null;
  readonly table: number;
  readonly metric: number;
}

/** A routing rule that follows a role. */
export interface RoutingRule {
  readonly family: Family;
  readonly from: { readonly address: string; readonly prefix: number } | null;
  readonly to: { readonly address: string; readonly prefix: number } | null;
  readonly interface: string | null;
  readonly mark: number | null;
  readonly table: number;
  readonly priority: number;
}

export interface DesiredInstance {
  readonly name: string;
  readonly election: ElectionSettings;
  readonly engine: EngineInstance;
  /** Its own interface being down is a fault. */
  readonly tracksOwnInterface: boolean;
  readonly track: readonly Tracker[];
  readonly notify: Notify;
  readonly routes: readonly Route[];
  readonly rules: readonly RoutingRule[];
  /** Keys of `engine.wire.hmac` whose secret is in a file: key id to path. */
  readonly secretFiles: ReadonlyMap<number, string>;
}

export interface DesiredGroup {
  readonly name: string;
  readonly instances: readonly string[];
  readonly notify: Notify;
}

/** What every instance is now, by name. */
export type Roles = ReadonlyMap<string, VrrpState>;
