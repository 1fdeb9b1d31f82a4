import { median } from '../harness.ts';
import { allHang, cost, deaths, mass, type Span } from './episodes.ts';
import type { Fault, Ground } from './ground.ts';
import type { Asked, SideName } from './sides.ts';

/** What `health` measures. Each part stays within the few minutes that a shared machine can be held. */

export type Row = Readonly<Record<string, string | number>>;
export type Tell = (row: Row) => void;
type Part = (ground: Ground, tell: Tell) => Promise<void>;

const BOTH: readonly SideName[] = ['keepalived', 'fairlead'];
const FALL = 3;
const VICTIMS = 20;
/** Programs have compiled what is hot by the first window. */
const LONG: Span = { warmUpS: 20, windows: 3, windowS: 5 };
/** A second of these takes the lab ten and more. What V8's threads compile and collect after a start is over by the first window. */
const SHORT: Span = { warmUpS: 14, windows: 3, windowS: 2 };

const costs =
  (asked: Asked, servers: number, span: Span, sides = BOTH): Part =>
  async (ground, tell) => {
    for (const side of sides)
      tell({ side, asked, servers, ...(await cost(ground, side, { asked, servers, fall: FALL }, span)) });
  };

const SECOND_MS = 1000;
/** From the first check after the fault to the last bad result that is needed, at best. What is refused is asked again a second
 *  later by both. What times out ours asks again at once, for its interval, counted from the beginning of a check, is over;
 *  keepalived waits for its `delay_before_retry` from the end of one. */
const LEAST_MS = {
  refused: () => (FALL - 1) * SECOND_MS,
  silent: (side: SideName) => FALL * SECOND_MS + (side === 'keepalived' ? (FALL - 1) * SECOND_MS : 0),
};

const FAULTS: Readonly<
  Record<Fault, { readonly asked: readonly Asked[]; readonly leastMs: (side: SideName) => number }>
> = {
  kill: { asked: ['tcp', 'http'], leastMs: LEAST_MS.refused },
  refuse: { asked: ['tcp'], leastMs: LEAST_MS.refused },
  'black-hole': { asked: ['tcp'], leastMs: LEAST_MS.silent },
  // The kernel of a stopped process takes connections all the same.
  hang: { asked: ['http'], leastMs: LEAST_MS.silent },
};

const died =
  (fault: Fault): Part =>
  async (ground, tell) => {
    const { asked: kinds, leastMs: leastOf } = FAULTS[fault];
    for (const asked of kinds) {
      for (const side of asked === kinds[0] ? ([...BOTH, 'fairlead-between'] as const) : BOTH) {
        const all = await deaths(ground, side, { asked, servers: VICTIMS, fall: FALL }, fault);
        const took = all.map(({ tookMs }) => tookMs);
        const [minMs, medianMs, maxMs] = [Math.min(...took), median(took), Math.max(...took)];
        const row = { side, fault, asked, runs: all.length, minMs, medianMs, maxMs };
        // Its looks after a bad result follow each other as fast as they end.
        if (side === 'fairlead-between') {
          tell(row);
          continue;
        }
        const leastMs = leastOf(side);
        const late = all.map(({ tookMs, sinceCheckMs }) => tookMs - leastMs - (SECOND_MS - sinceCheckMs));
        tell({ ...row, leastMs, lateMedianMs: median(late), lateMaxMs: Math.max(...late) });
      }
    }
  };

const halfDies: Part = async (ground, tell) => {
  for (const side of BOTH) tell({ side, ...(await mass(ground, side, { asked: 'tcp', servers: 1000, fall: 1 })) });
};

const allHanging: Part = async (ground, tell) => {
  const task = { asked: 'http', servers: 100, fall: FALL } as const;
  tell({ side: 'keepalived', leastInTable: await allHang(ground, 'keepalived', task, 20) });
  tell({ side: 'fairlead', leastInTable: await allHang(ground, 'fairlead', task, 20) });
  const leastInTable = await allHang(ground, 'fairlead', { ...task, panic: 50 }, 20);
  tell({ side: 'fairlead, panic: 50', leastInTable });
};

export const PARTS: Readonly<Record<string, Part>> = {
  'tcp-500': costs('tcp', 500, LONG, [...BOTH, 'fairlead-resync']),
  'http-500': costs('http', 500, LONG),
  'ping-500': costs('ping', 500, LONG),
  'tcp-2000': costs('tcp', 2000, SHORT),
  'tcp-5000': costs('tcp', 5000, SHORT),
  'http-5000': costs('http', 5000, SHORT),
  'ping-5000': costs('ping', 5000, SHORT),
  'size-10000': costs('tcp', 10_000, SHORT, ['fairlead']),
  kill: died('kill'),
  refuse: died('refuse'),
  'black-hole': died('black-hole'),
  hang: died('hang'),
  mass: halfDies,
  'all-hang': allHanging,
};
