import { type Judgement, NO_JUDGEMENT } from '../decide/judgement.ts';
import type { Verdict } from '../model/health.ts';
import type { JudgementStatus } from './operations.ts';

/** A daemon's judgement as it goes over the wire and comes back, so that a dry run elsewhere finds what the daemon's finds. */

type Told = Pick<JudgementStatus, 'atMs' | 'roles' | 'quorums' | 'leaving'>;
type ToldVerdict = JudgementStatus['verdicts'][number];

/** All but the verdicts, which are many. */
export const toldOf = ({ now, roles, conditions, lingering }: Judgement): Told => ({
  atMs: now,
  roles: [...roles].map(([instance, state]) => ({ instance, state })),
  // Panic and slow start follow from the verdicts.
  quorums: [...conditions].flatMap(([service, { quorum }]) => {
    if (quorum === null) return [];
    const { held, since, why } = quorum;
    return [{ service, held, sinceMs: since, why }];
  }),
  leaving: [...lingering].map(([key, sinceMs]) => ({ key, sinceMs })),
});

export const toldVerdict = (key: string, { status, why, reported, recoveredAt }: Verdict): ToldVerdict => ({
  ...{ key, status, why },
  ...(reported && { reported }),
  ...(recoveredAt !== undefined && { recoveredAtMs: recoveredAt }),
});

export const judgementOf = ({ atMs, verdicts, roles, quorums, leaving }: JudgementStatus): Judgement => ({
  now: atMs,
  verdicts: new Map(verdicts.map((told) => [told.key, verdictOf(told)])),
  roles: new Map(roles.map(({ instance, state }) => [instance, state])),
  conditions: new Map(
    quorums.map(({ service, held, sinceMs, why }) => [
      service,
      { panic: null, quorum: { held, since: sinceMs, why }, ramps: new Map() },
    ]),
  ),
  lingering: new Map(leaving.map(({ key, sinceMs }) => [key, sinceMs])),
});

function verdictOf({ status, why, reported, recoveredAtMs }: ToldVerdict): Verdict {
  const { weight, admin } = reported ?? {};
  return {
    ...{ status, why, streak: 0, since: 0, streakSince: null, last: null },
    ...(reported && { reported: { ...(weight && { weight }), ...(admin && { admin }) } }),
    ...(recoveredAtMs !== undefined && { recoveredAt: recoveredAtMs }),
  };
}

export const NOTHING_TOLD: Told & Pick<JudgementStatus, 'verdicts'> = { ...toldOf(NO_JUDGEMENT), verdicts: [] };
