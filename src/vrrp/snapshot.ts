import type { ElectionSettings, VrrpState } from '../model/vrrp.ts';
import { priorityOf } from './standing.ts';
import type { ElectionState, Rival } from './state.ts';

/** What status, metrics and the API show of one instance. Times are monotonic milliseconds. */
export interface InstanceSnapshot {
  readonly name: string;
  readonly group: string | null;
  readonly state: VrrpState;
  readonly since: number;
  readonly why: string;
  /** Effective one. */
  readonly priority: number;
  readonly faults: readonly string[];
  /** The other router that is master, as it was heard last; null: we are, or nobody is. */
  readonly master: { readonly address: string; readonly priority: number; readonly intervalMs: number } | null;
  /** Master on its way out, until a successor is heard or this time. */
  readonly leaving: { readonly since: number; readonly until: number; readonly why: string } | null;
  /** Others that claimed the mastership lately while we have it. */
  readonly rivals: readonly Rival[];
}

export function snapshotOf(
  name: string,
  settings: ElectionSettings,
  state: ElectionState,
  group: string | null,
): InstanceSnapshot {
  const { since, why, faults } = state;
  const common = { name, group, state: state.state, since, why, priority: priorityOf(settings, state), faults };
  if (state.state === 'master') {
    const { leaving, rivals } = state;
    const way = leaving && { since: leaving.since, until: leaving.until, why: leaving.why };
    return { ...common, master: null, leaving: way, rivals };
  }
  const heard = state.state === 'backup' && !state.leaving ? state.heard : null;
  const master = heard && { address: heard.source, priority: heard.priority, intervalMs: heard.intervalMs };
  return { ...common, master, leaving: null, rivals: [] };
}
