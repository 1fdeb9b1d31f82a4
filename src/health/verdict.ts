import type { CheckSettings, CheckStart, CheckTiming, Damping, Desired, DesiredServer } from '../model/desired.ts';
import { type Flaps, type ProbeResult, serverKey, type Verdict, type Verdicts } from '../model/health.ts';
import { countIn, inWords, type Seen } from './evidence.ts';
import { heldInWords, isHeld, NO_FLAPS, wentDown } from './flap.ts';
import { sameData } from './same.ts';

/** A verdict that remembers what its streak was made of, so that the reason of a change can be told truthfully. Any
 *  verdict will do where one is asked for; a missing memory only makes the words less exact. */
export interface RememberingVerdict extends Verdict {
  readonly seen?: readonly Seen[];
}

/** Before the first result. `adopted`: the server was in service when we came, so it stays until `fall` results are bad. */
export const initialVerdict = (now: number, adopted: boolean, start: CheckStart = 'wait'): Verdict => ({
  status: adopted || start === 'up' ? 'up' : start === 'down' ? 'down' : 'unknown',
  streak: 0,
  since: now,
  streakSince: null,
  why: adopted ? 'in service when Fairlead started' : UNCHECKED[start],
  last: null,
});

const UNCHECKED: Readonly<Record<CheckStart, string>> = {
  wait: 'not checked yet',
  up: 'not checked yet, and taken to be healthy until then',
  down: 'not checked yet, and taken to be dead until then',
};

/** Takes one result in. The first result of an unknown server decides at once; after that it takes `fall` bad results in
 *  a row to go down and `rise` good ones to come up, and a flapping server stays down for a while. Time enters by the
 *  results only. */
export function judge(
  settings: Pick<CheckTiming, 'rise' | 'fall'> & { readonly damping?: Damping },
  verdict: RememberingVerdict,
  result: ProbeResult,
): RememberingVerdict {
  const status = result.ok ? 'up' : 'down';
  const heard = result.weight === undefined && result.admin === undefined ? verdict : hearing(verdict, result);
  const kept = result.certificate === undefined ? heard : { ...heard, certificate: result.certificate };
  if (kept.status === status) {
    return { ...notHeld(kept), streak: 0, streakSince: null, last: result, seen: [] };
  }
  const streak = kept.streak + 1;
  const streakSince = kept.streakSince ?? result.at;
  const seen = countIn(kept.seen ?? [], result);
  const needed = kept.status === 'unknown' ? 1 : result.ok ? settings.rise : settings.fall;
  const counted = { ...kept, streak, streakSince, last: result, seen };
  if (streak < needed) return counted;
  if (result.ok && kept.flaps && settings.damping && isHeld(kept.flaps, result.at))
    return held(counted, kept.flaps, result.at);
  const why = inWords(result.ok, seen, streak, result.at - streakSince);
  return {
    ...notHeld(counted),
    ...changes(kept, settings.damping, result),
    status,
    streak: 0,
    since: result.at,
    streakSince: null,
    why,
    seen: [],
  };
}

/** It would be up, but is not trusted. Said once, however long the streak gets meanwhile. */
function held(verdict: RememberingVerdict, flaps: Flaps, at: number): RememberingVerdict {
  const why = `answers again, but ${heldInWords(flaps)}`;
  return { ...verdict, why, heldBack: verdict.heldBack ?? { since: at, instead: verdict.why } };
}

/** One that fails again, or is trusted again, is not held back: what it is down for is told once more. */
function notHeld(verdict: RememberingVerdict): RememberingVerdict {
  if (verdict.heldBack === undefined) return verdict;
  const { heldBack, ...rest } = verdict;
  return { ...rest, why: heldBack.instead };
}

/** What a change of status leaves behind. */
function changes(
  { status, flaps }: Verdict,
  damping: Damping | undefined,
  { ok, at }: ProbeResult,
): Pick<Verdict, 'recoveredAt' | 'flaps'> {
  if (ok) return status === 'down' ? { recoveredAt: at } : {};
  return damping === undefined ? {} : { flaps: wentDown(flaps ?? NO_FLAPS, damping, at) };
}

/** What the server says of itself holds until it says otherwise. */
function hearing(verdict: RememberingVerdict, { weight, admin }: ProbeResult): RememberingVerdict {
  const { admin: wasAdmin, weight: wasWeight } = verdict.reported ?? {};
  const nextWeight = weight ?? wasWeight;
  const nextAdmin = admin === undefined ? wasAdmin : admin === 'ready' ? undefined : admin;
  const reported = {
    ...(nextWeight !== undefined && { weight: nextWeight }),
    ...(nextAdmin !== undefined && { admin: nextAdmin }),
  };
  return sameData(reported, verdict.reported) ? verdict : { ...verdict, reported };
}

/** What one server begins with. An earlier life of the daemon may have known it, and the kernel may send connections to it
 *  (`adopted`). One that was dead then and serves now was put back by hand, or we ended before we took it out: it stays, as
 *  all do that are in service, but this life's first bad result is enough to believe the last one's. */
function begun(remembered: Verdict | undefined, adopted: boolean, check: CheckSettings, now: number): Verdict {
  if (remembered === undefined) return initialVerdict(now, adopted, check.start);
  if (remembered.status !== 'down' || !adopted) return remembered;
  const streak = check.fall - 1;
  return {
    ...initialVerdict(now, true),
    why: `in service when Fairlead started, though it was down before: ${remembered.why}`,
    streak,
    streakSince: streak === 0 ? null : remembered.since,
    ...(remembered.reported && { reported: remembered.reported }),
    ...(remembered.flaps && { flaps: remembered.flaps }),
  };
}

const sameMachine = (a: DesiredServer, b: DesiredServer): boolean => a.address === b.address && a.port === b.port;

const sameQuestion = (a: DesiredServer, b: DesiredServer): boolean =>
  a.checkPort === b.checkPort &&
  a.check?.port === b.check?.port &&
  a.check?.address === b.check?.address &&
  sameData(a.check?.from, b.check?.from) &&
  sameData(a.check?.check, b.check?.check);

/** The verdict of a server that both configurations have. Another rhythm (every, rise, fall) asks the same question. A
 *  new question must not take a whole pool out while it is asked for the first time. */
function carried(verdict: Verdict | undefined, before: DesiredServer, after: DesiredServer, now: number): Verdict {
  if (!sameMachine(before, after)) return initialVerdict(now, false, after.check?.start);
  if (before.check === null) return { ...initialVerdict(now, true), why: 'in service when its check was added' };
  if (verdict !== undefined && sameQuestion(before, after)) return verdict;
  if (verdict?.status !== 'up') return initialVerdict(now, false, after.check?.start);
  return { ...initialVerdict(verdict.since, true), why: 'in service when its check was changed' };
}

function* namedServers(desired: Desired): Generator<[string, DesiredServer]> {
  for (const service of desired.services) {
    for (const server of service.servers) yield [serverKey(service.name, server.name), server];
  }
}

/** The verdicts a new configuration begins with, one for every checked server. A server whose address, port and check
 *  stayed keeps its verdict; one that was in service and whose check is new or changed stays up until that check has
 *  failed `fall` times; all others are unknown, or up when `adopted` (keys of servers that were in the kernel with a weight) names them,
 *  or what an earlier life of the daemon `remembered`. Servers that are gone are dropped. */
export function reconcileVerdicts(
  old: Verdicts,
  before: Desired | null,
  desired: Desired,
  adopted: ReadonlySet<string>,
  now: number,
  remembered: Verdicts = new Map(),
): Map<string, Verdict> {
  const previous = new Map(before === null ? [] : namedServers(before));
  const verdicts = new Map<string, Verdict>();
  for (const [key, server] of namedServers(desired)) {
    if (server.check === null) continue;
    const earlier = previous.get(key);
    const verdict = earlier
      ? carried(old.get(key), earlier, server, now)
      : begun(remembered.get(key), adopted.has(key), server.check, now);
    verdicts.set(key, verdict);
  }
  return verdicts;
}
