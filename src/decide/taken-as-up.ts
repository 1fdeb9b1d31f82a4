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

/** Verdicts on every server: those that are known, and where nothing was found yet, up. */
export function takenAsUp(desired: Desired, known: Verdicts = new Map()): Verdicts {
  const keys = desired.services.flatMap(({ name, servers }) => servers.map((server) => serverKey(name, server.name)));
  return new Map(
    keys.map((key) => {
      const verdict = known.get(key);
      return [key, verdict === undefined || verdict.status === 'unknown' ? UP : verdict];
    }),
  );
}
