import type { ObservedService } from '../model/observed.ts';
import type { Layouts, NativeDump } from './addon.ts';
import { type DumpOptions, Unpacker } from './records.ts';

// Work on long tables, done in turns of a few milliseconds between which the event loop does everything else.

/** How long one turn may take: with a pause of the garbage collector on top, others wait well below 20 ms. */
const TURN_MS = 4;
const SMALLEST = 32;
/** Enough that handing slices from thread to thread costs nothing to speak of; the kernel takes larger ones no faster. */
const LARGEST = 512;

type Clock = () => number;
const monotonic: Clock = () => performance.now();

/** Finds how many records make a turn: few while the code is not compiled yet or the machine is slow, then more. */
export class Pace {
  readonly #clock: Clock;
  #size = 2 * SMALLEST;

  constructor(clock = monotonic) {
    this.#clock = clock;
  }

  /** Records that the next turn should take. */
  get size(): number {
    return this.#size;
  }

  /** Does a turn, and learns from the time it took. */
  turn<T>(work: () => T): T {
    const begun = this.#clock();
    const result = work();
    const ms = this.#clock() - begun;
    if (ms > TURN_MS) this.#size = Math.max(SMALLEST, this.#size >> 1);
    else if (ms < TURN_MS / 4) this.#size = Math.min(LARGEST, this.#size << 1);
    return result;
  }
}

/** Lets the event loop do everything else once. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs a generator that yields every now and then, in turns; what it throws, the promise is rejected with. */
export async function inTurns<T>(work: Iterator<void, T>, clock = monotonic): Promise<T> {
  for (;;) {
    const end = clock() + TURN_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (clock() < end);
    await turn();
  }
}

/** Turns the records of a dump that came in one piece into the model. */
export const unpackInTurns = (layout: Layouts, dump: NativeDump, want: DumpOptions): Promise<ObservedService[]> =>
  inTurns(unpackSteps(layout, dump, want));

function* unpackSteps(layout: Layouts, dump: NativeDump, want: DumpOptions): Generator<void, ObservedService[]> {
  const unpacker = new Unpacker(layout, want);
  for (const portion of cut(layout, dump, SMALLEST)) {
    unpacker.add(portion);
    yield;
  }
  return unpacker.services;
}

/** Cuts a dump into portions of so many records, a service before its destinations; nothing is copied. */
export function* cut(layout: Layouts, dump: NativeDump, records: number): Generator<NativeDump> {
  const { service, destination } = layout;
  const counts = new Uint32Array(dump.services.buffer, dump.services.byteOffset, dump.services.length >> 2);
  let [s, d, missing] = [0, 0, 0];
  while (s < dump.services.length || missing > 0) {
    const [firstService, firstDestination] = [s, d];
    for (let room = records; room > 0 && (s < dump.services.length || missing > 0); ) {
      if (missing > 0) {
        const taken = Math.min(missing, room);
        [d, missing, room] = [d + taken * destination.size, missing - taken, room - taken];
      } else {
        const count = counts[(s + service.fields.destinations) >> 2] as number;
        // Of services alone, the counts tell of destinations that are not here.
        missing = Math.min(count, (dump.destinations.length - d) / destination.size);
        [s, room] = [s + service.size, room - 1];
      }
    }
    yield {
      services: dump.services.subarray(firstService, s),
      destinations: dump.destinations.subarray(firstDestination, d),
    };
  }
}
