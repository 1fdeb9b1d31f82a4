import { rampedWeight } from '../health/slow-start.ts';
import type { DesiredServer, DesiredService } from '../model/desired.ts';
import type { HealthStatus, Verdict } from '../model/health.ts';
import type { ServiceCondition } from './conditions.ts';

export const WAITING = 'waiting for its first check';

/** What one server gets now, on all listeners of its service alike. Weight null: it is not in the table. */
export interface Standing {
  readonly weight: number | null;
  readonly why: string;
}

/** What the operator set outranks health. A drained server stays listed at weight 0 even when its check fails and
 *  `onFailure` is `remove`: failing its health check is how a server that shuts down in order asks for peace, and removal
 *  would cut the very connections the operator wanted to see out. Maintenance is for who has seen them out. */
export function standing(
  service: DesiredService,
  server: DesiredServer,
  verdict: Verdict | undefined,
  condition?: ServiceCondition,
): Standing {
  const own = server.pinned
    ? pinnedStanding(service, server, server.pinned, verdict, condition)
    : healthStanding(service, server, verdict, condition);
  switch (server.administrative) {
    case 'enabled':
      return own;
    case 'drain':
      return { weight: 0, why: `drained by the operator${becauseOf(server)} (${own.why})` };
    case 'maintenance':
      return { weight: outOf(service), why: `in maintenance by the operator${becauseOf(server)} (${own.why})` };
  }
}

const becauseOf = ({ because }: DesiredServer): string => (because === undefined ? '' : `, because: ${because}`);

/** What a server gets that takes no connections. */
const outOf = ({ onFailure }: DesiredService): 0 | null => (onFailure === 'quiesce' ? 0 : null);

/** What the server counts as: the operator's word, or the checks'. */
export const statusOf = (server: DesiredServer, verdict: Verdict | undefined): HealthStatus =>
  server.pinned ?? (server.check === null ? 'up' : (verdict?.status ?? 'unknown'));

/** Whether nobody took the server out on purpose: neither the operator nor what it says of itself. */
export const isServing = (server: DesiredServer, verdict: Verdict | undefined): boolean =>
  server.administrative === 'enabled' && (server.pinned !== undefined || verdict?.reported?.admin === undefined);

/** The weight a healthy server has: the operator's, what it says of itself, or the file's. A share above nothing is at
 *  least 1. */
export function ownWeight(server: DesiredServer, verdict: Verdict | undefined): number {
  const said = verdict?.reported?.weight;
  if (said === undefined || server.fileWeight !== undefined) return server.weight;
  if ('absolute' in said) return said.absolute;
  return said.percent === 0 || server.weight === 0 ? 0 : Math.max(1, Math.round((server.weight * said.percent) / 100));
}

/** Where the weight comes from, when not from the file. */
function saidBy({ fileWeight }: DesiredServer, verdict: Verdict | undefined): string {
  if (fileWeight !== undefined) return ', weight as the operator set it';
  return verdict?.reported?.weight === undefined ? '' : ', weight as it says itself';
}

function pinnedStanding(
  service: DesiredService,
  server: DesiredServer,
  pinned: 'up' | 'down',
  verdict: Verdict | undefined,
  condition: ServiceCondition | undefined,
): Standing {
  const why = `pinned ${pinned} by the operator${becauseOf(server)} (its checks: ${verdict?.why ?? 'none'})`;
  if (pinned === 'down') return { weight: outOf(service), why };
  return outvoted(service, condition, { weight: ownWeight(server, verdict), why });
}

function healthStanding(
  service: DesiredService,
  server: DesiredServer,
  verdict: Verdict | undefined,
  condition: ServiceCondition | undefined,
): Standing {
  if (server.check === null)
    return outvoted(service, condition, { weight: server.weight, why: `up: never checked${saidBy(server, verdict)}` });
  const out = outOf(service);
  const admin = verdict?.reported?.admin;
  if (admin === 'drain') return { weight: 0, why: `drained, as it says itself (${verdict?.why})` };
  if (admin === 'maint') return { weight: out, why: `in maintenance, as it says itself (${verdict?.why})` };
  switch (verdict?.status ?? 'unknown') {
    case 'up':
      return outvoted(service, condition, upStanding(server, verdict, condition));
    case 'down':
      if (condition?.panic)
        return { weight: server.weight, why: `kept in service: ${condition.panic} (${verdict?.why})` };
      return { weight: out, why: `down: ${verdict?.why}` };
    case 'unknown':
      return { weight: null, why: WAITING };
  }
}

function upStanding(
  server: DesiredServer,
  verdict: Verdict | undefined,
  condition: ServiceCondition | undefined,
): Standing {
  const weight = ownWeight(server, verdict);
  const said = saidBy(server, verdict);
  const ramp = condition?.ramps.get(server.name);
  if (ramp === undefined) return { weight, why: `up: ${verdict?.why}${said}` };
  const percent = Math.round(100 * ramp.share);
  return { weight: rampedWeight(weight, ramp.share), why: `up: ${verdict?.why}${said}, coming back at ${percent}%` };
}

/** Too few are healthy: the fallback takes everything, and those that are keep what they have. */
function outvoted({ fallback }: DesiredService, condition: ServiceCondition | undefined, own: Standing): Standing {
  const { quorum } = condition ?? {};
  if (fallback === null || quorum?.held !== false) return own;
  return { weight: 0, why: `held back: ${quorum.why} (${own.why})` };
}
