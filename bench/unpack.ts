import { addon } from '../src/kernel/addon.ts';
import { packOps, Unpacker } from '../src/kernel/records.ts';
import type { Bench, Figures } from './harness.ts';
import { watchLoop } from './loop.ts';
import { operations } from './sample.ts';

const DESTINATIONS = 100_000;
/** Services and destinations in a portion, as the addon makes them. */
const PORTION = 512;

/** The share of a dump that JavaScript has, on this machine: in the lab an emulated processor makes every pause of the
 *  garbage collector some ten times as long. */
export const bench: Bench = {
  title: `unpack ${DESTINATIONS} destinations of a dump, portion by portion`,
  place: 'host',
  peers: {},
  ratios: [
    { title: 'event loop kept, ms', of: 'unpack.loopMs', aim: '<= 20' },
    { title: 'no work at all: event loop kept, ms', of: 'idle.loopMs' },
  ],
  async setup() {
    return {
      sides: [
        { name: 'unpack', run: unpack },
        {
          name: 'idle',
          run: async () => {
            const loop = watchLoop();
            await new Promise((resolve) => setTimeout(resolve, 500));
            return { loopMs: loop() };
          },
        },
      ],
      async teardown() {},
    };
  },
};

async function unpack(): Promise<Figures> {
  const { layout, encode, decode } = addon().codec;
  const { bytes } = packOps(layout, operations(DESTINATIONS).slice(0, PORTION));
  const portion = decode(encode(bytes, 0), true);
  // Counters of a table in use: no two the same, none zero.
  const { size, fields } = layout.destination;
  const counters = new BigUint64Array(portion.destinations.buffer, portion.destinations.byteOffset);
  for (let at = fields.counters; at < portion.destinations.length; at += size)
    for (let i = 0; i < 10; i++) counters[at / 8 + i] = BigInt(at + i + 1);

  const unpacker = new Unpacker(layout, { stats: true });
  const loop = watchLoop();
  const start = performance.now();
  for (let taken = 0; taken < DESTINATIONS; taken += portion.destinations.length / size) {
    unpacker.add(portion);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const ms = performance.now() - start;
  return { ms, loopMs: loop() };
}
