import { panicking } from '../health/panic.ts';
import { type QuorumState, quorumUnknown, stepQuorum } from '../health/quorum.ts';
import { type Ramp, rampAt } from '../health/slow-start.ts';
import type { Desired, DesiredServer, DesiredService } from '../model/desired.ts';
import { serverKey, type Verdict, type Verdicts } from '../model/health.ts';
import { isServing, ownWeight, statusOf } from './standing.ts';

/** What holds for a service as a whole, beside the verdict on each of its servers. */
export interface ServiceCondition {
  /** Why all servers keep serving although most look dead; null: they are believed, as they are while the quorum is lost and
   *  a fallback serves in their place. */
  readonly panic: string | null;
  readonly quorum: QuorumState | null;
  /** By server name, those that come back slowly. */
  readonly ramps: ReadonlyMap<string, Ramp>;
}

/** By service name; services that ask for none of it are not listed. */
export type Conditions = ReadonlyMap<string, ServiceCondition>;
export const NO_CONDITIONS: Conditions = new Map();

/** The conditions now, given what they were, and when time alone will change them next (null: never). */
export function conditionsOf(
  desired: Desired,
  verdicts: Verdicts,
  before: Conditions,
  now: number,
): { readonly conditions: Conditions; readonly wakeAtMs: number | null } {
  const conditions = new Map<string, ServiceCondition>();
  let wakeAtMs: number | null = null;
  for (const service of desired.services) {
    const { name, panic, quorum, slowStartMs } = service;
    if (panic === undefined && quorum === undefined && slowStartMs === undefined) continue;
    const known = service.servers.map((server) => ({ server, verdict: verdicts.get(serverKey(name, server.name)) }));
    const ramps = slowStartMs === undefined ? NO_RAMPS : rampsOf(known, slowStartMs, now);
    for (const { nextAt } of ramps.values()) wakeAtMs = Math.min(wakeAtMs ?? nextAt, nextAt);
    const state = quorum === undefined ? null : quorumOf(service, quorum, known, before.get(name)?.quorum, now);
    const outvoted = state?.held === false && service.fallback !== null;
    conditions.set(name, {
      panic: panic === undefined || outvoted ? null : panicOf(known, panic),
      quorum: state,
      ramps,
    });
  }
  return { conditions, wakeAtMs };
}

interface Known {
  readonly server: DesiredServer;
  readonly verdict: Verdict | undefined;
}

const NO_RAMPS: ReadonlyMap<string, Ramp> = new Map();

function rampsOf(known: readonly Known[], slowStartMs: number, now: number): ReadonlyMap<string, Ramp> {
  const ramps = new Map<string, Ramp>();
  for (const { server, verdict } of known) {
    if (verdict?.status !== 'up' || verdict.recoveredAt === undefined) continue;
    const ramp = rampAt(verdict.recoveredAt, slowStartMs, now);
    if (ramp !== null) ramps.set(server.name, ramp);
  }
  return ramps;
}

/** Of the servers that are checked and that nobody took out on purpose. */
const panicOf = (known: readonly Known[], threshold: number): string | null =>
  panicking(
    threshold,
    known
      .filter(({ server, verdict }) => server.check !== null && isServing(server, verdict))
      .map(({ server, verdict }) => statusOf(server, verdict)),
  );

function quorumOf(
  { servers }: DesiredService,
  quorum: NonNullable<DesiredService['quorum']>,
  known: readonly Known[],
  before: QuorumState | null | undefined,
  now: number,
): QuorumState {
  let alive = 0;
  let waiting = servers.length === 0;
  for (const { server, verdict } of known) {
    if (!isServing(server, verdict)) continue;
    const status = statusOf(server, verdict);
    if (status === 'up') alive += ownWeight(server, verdict);
    else if (status === 'unknown') waiting = true;
  }
  return stepQuorum(before ?? quorumUnknown(now), quorum, { alive, waiting, now });
}
