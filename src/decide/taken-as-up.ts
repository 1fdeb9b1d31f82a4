import type { Desired } from '../model/desired.ts';
import { serverKey, type Verdict, type Verdicts } from '../model/health.ts';

const UP: Verdict = {
  status: 'up',
  why: 'taken to be healthy',
  streak: 0,
  since: 0,
  streakSince: null,
  last: null,
};

/** Verdicts on every server: the daemon's, and for those it does not know, up. One that waits for its first check waits on. */
export function takenAsUp(desired: Desired, known: Verdicts = new Map()): Verdicts {
  const keys = desired.services.flatMap(({ name, servers }) => servers.map((server) => serverKey(name, server.name)));
  return new Map(keys.map((key) => [key, known.get(key) ?? UP]));
}
