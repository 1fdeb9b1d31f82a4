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
const SHORT: Span = { warmUpS: 6, windows: 2, windowS: 3 };

const costs =
  (asked: Asked, servers: number, span: Span, sides = BOTH): Part =>
  async (ground, tell) => {
    for (const side of sides)
      tell({ side, asked, servers, ...(await cost(ground, side, { asked, servers, fall: FALL }, span)) });
  };

/** What the settings allow at best, if the next check begins at the moment of the fault: refused, `FALL` checks a second apart;
 *  without an answer, as many seconds one after the other. Up to a second more passes until that check. */
const LEAST_MS = { refused: (FALL - 1) * 1000, silent: FALL * 1000 };

const FAULTS: Readonly<Record<Fault, { readonly asked: readonly Asked[]; readonly leastMs: number }>> = {
  kill: { asked: ['tcp', 'http'], leastMs: LEAST_MS.refused },
  refuse: { asked: ['tcp'], leastMs: LEAST_MS.refused },
  'black-hole': { asked: ['tcp'], leastMs: LEAST_MS.silent },
  // The kernel of a stopped process takes connections all the same.
  hang: { asked: ['http'], leastMs: LEAST_MS.silent },
};

const died =
  (fault: Fault): Part =>
  async (ground, tell) => {
    const { asked: kinds, leastMs } = FAULTS[fault];
    for (const asked of kinds) {
      for (const side of asked === kinds[0] ? ([...BOTH, 'fairlead-between'] as const) : BOTH) {
        const times = await deaths(ground, side, { asked, servers: VICTIMS, fall: FALL }, fault);
        const [minMs, medianMs, maxMs] = [Math.min(...times), median(times), Math.max(...times)];
        tell({ side, fault, asked, runs: times.length, leastMs, minMs, medianMs, maxMs });
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
  'tcp-500': costs('tcp', 500, LONG),
  'http-500': costs('http', 500, LONG),
  'ping-500': costs('ping', 500, LONG),
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
