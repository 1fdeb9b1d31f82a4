import { type HeardAdvert, LEAVING, type Order } from '../model/vrrp.ts';
import { backup, idle } from './moves.ts';
import {
  type Handlers,
  type Leaving,
  LINGER_MS,
  type MasterState,
  type Move,
  type Rival,
  rivalEnds,
  type Scene,
  TOLERANCE_MS,
} from './state.ts';
import { standingOf, WORDS } from './words.ts';

type Here = Scene<MasterState>;

const MOST_RIVALS = 16;
/** A rival that does not hear us must not have every address announced once per advert. */
const ANNOUNCE_AGAIN_MS = 100;

const FAREWELL: Order = { kind: 'send', priority: LEAVING };

/** RFC 9568 6.4.3: a higher priority, or ours from a higher address. */
const loses = (priority: number, { priority: theirs, order }: HeardAdvert): boolean =>
  theirs > priority || (theirs === priority && order > 0);

/** A successor, whoever it is, ends the hand-over. */
function succeeded(scene: Here, leaving: Leaving, heard: HeardAdvert): Move {
  const why = WORDS.tookOver(leaving.why, heard.source);
  const known = { heard, learnedMs: heard.intervalMs, content: true };
  const state = leaving.next === 'init' ? idle(scene, 'init', why) : backup(scene, why, known);
  return { state, lingerMs: LINGER_MS };
}

const stillThere = (at: number) => (rival: Rival) => at < rivalEnds(rival) - TOLERANCE_MS;

/** Somebody else has told the segment that the addresses are with it, so we tell again where they are: at once, and as
 *  long as it goes on every 100 ms at most; the last word must be ours. */
function announced({ state, at }: Here): Move & { readonly state: MasterState; readonly acts: readonly Order[] } {
  const { announcedAt } = state;
  const next = announcedAt === null ? at : announcedAt + ANNOUNCE_AGAIN_MS;
  if (at < next - TOLERANCE_MS) return { state: { ...state, announceAt: next }, acts: [] };
  return { state: { ...state, announcedAt: at, announceAt: null }, acts: [{ kind: 'announce' }] };
}

/** Somebody worse advertises beside us and is answered at once, so that it steps down. Our own address from elsewhere is
 *  not answered: two routers that share an address would answer each other for ever. */
function contested(scene: Here, advert: HeardAdvert): Move {
  const { settings, at, priority } = scene;
  const { source, intervalMs } = advert;
  const { state, acts } = announced(scene);
  const answer: Order[] = settings.assert && advert.order !== 0 ? [{ kind: 'send', priority }] : [];
  const move = { state, acts: [...answer, ...acts] };
  // The last words of the one we took over from.
  if (at - state.since < intervalMs) return move;
  const known = state.rivals.filter(stillThere(at));
  const others = known.filter((rival) => rival.source !== source).slice(1 - MOST_RIVALS);
  const rivals = [...others, { source, priority: advert.priority, intervalMs, heardAt: at }];
  const told = { kind: 'rival', advert, why: standingOf(advert, priority) } as const;
  const old = known.some((rival) => rival.source === source);
  return { ...move, state: { ...state, rivals }, told: old ? [] : [told] };
}

/** RFC 9568 6.4.3: whoever listens to the one that leaves shall hear us at once. */
function goodbye(scene: Here, { source }: HeardAdvert): Move {
  const { state, acts } = announced(scene);
  const rivals = state.rivals.filter((rival) => rival.source !== source);
  return { state: { ...state, rivals }, acts: [{ kind: 'send', priority: scene.priority }, ...acts] };
}

function advert(scene: Here, heard: HeardAdvert): Move | null {
  const { state, priority } = scene;
  const leaves = heard.priority === LEAVING;
  if (state.leaving !== null) return leaves ? null : succeeded(scene, state.leaving, heard);
  if (leaves) return goodbye(scene, heard);
  if (!loses(priority, heard)) return contested(scene, heard);
  return outdone(scene, heard);
}

/** A better master is there. It holds the addresses already; but after a split it may not know that somebody else told
 *  the segment otherwise, so a last advert of ours makes it announce them again. */
function outdone(scene: Here, heard: HeardAdvert): Move {
  const { settings, priority } = scene;
  const state = backup(scene, standingOf(heard, priority), { heard, learnedMs: heard.intervalMs });
  const acts: Order[] = settings.assert ? [{ kind: 'send', priority }] : [];
  return { state, acts, lingerMs: LINGER_MS };
}

function leave({ settings, state, at }: Here, way: Pick<Leaving, 'next' | 'alone' | 'why'>): Move {
  const leaving = { ...way, since: at, until: at + settings.handoverMs };
  const why = WORDS.handsOver(way.why, settings.handoverMs);
  return { state: { ...state, leaving, announceAt: null }, told: [{ kind: 'notice', why }] };
}

/** Nobody came. */
function unanswered(scene: Here, leaving: Leaving): Move {
  const why = WORDS.nobody(leaving.why, scene.at - leaving.since);
  if (leaving.alone === 'master') return stay(scene, why);
  const next = leaving.alone === 'init' ? idle(scene, 'init', why) : backup(scene, why, { content: true });
  return { state: next };
}

const stay = ({ state }: Here, why: string): Move => ({
  state: { ...state, leaving: null },
  told: [{ kind: 'notice', why: `${why}; stays master` }],
});

const withdraw = (scene: Here, to: 'init' | 'fault', why: string): Move => ({
  state: idle(scene, to, why),
  acts: [FAREWELL],
});

/** Active, RFC 9568 6.4.3. */
export const MASTER: Handlers<MasterState> = {
  advert: (scene, event) => advert(scene, event.advert),
  wake: (scene) => {
    const { leaving, announceAt } = scene.state;
    if (leaving !== null) return scene.at >= leaving.until - TOLERANCE_MS ? unanswered(scene, leaving) : null;
    const move = announceAt === null ? null : announced(scene);
    const state = move?.state ?? scene.state;
    const rivals = state.rivals.filter(stillThere(scene.at));
    return rivals.length === state.rivals.length ? move : { ...move, state: { ...state, rivals } };
  },
  judged: (scene, { priority, faults }) => {
    const state = { ...scene.state, priority, faults };
    if (faults.length === 0) return { state };
    return withdraw({ ...scene, state }, state.leaving?.next === 'init' ? 'init' : 'fault', faults.join(', '));
  },
  stop: (scene, { handover }) => {
    if (!handover || scene.settings.handoverMs === 0) return withdraw(scene, 'init', 'stopped');
    const already = scene.state.leaving?.next === 'init';
    return already ? null : leave(scene, { next: 'init', alone: 'init', why: 'stopped' });
  },
  yield: (scene) =>
    scene.state.leaving === null ? leave(scene, { next: 'backup', alone: 'master', why: 'asked to yield' }) : null,
  claim: (scene) => (scene.state.leaving?.next === 'backup' ? stay(scene, 'claimed') : null),
  start: (scene) => (scene.state.leaving?.next === 'init' ? stay(scene, 'started again') : null),
  take: (scene, { why }) => (scene.state.leaving?.next === 'backup' ? stay(scene, why) : null),
  leave: (scene, { why }) => {
    const { leaving } = scene.state;
    if (leaving === null) return leave(scene, { next: 'backup', alone: 'backup', why });
    if (leaving.alone !== 'master') return null;
    return { state: { ...scene.state, leaving: { ...leaving, alone: 'backup' } } };
  },
  disturbed: ({ state }, { what }) => ({
    state,
    acts: [{ kind: 'announce' }],
    told: [{ kind: 'notice', why: what }],
  }),
};
