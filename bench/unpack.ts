import { addon, type NativeDump, type NativeIpvs } from '../src/kernel/addon.ts';
import { applyBatch } from '../src/kernel/batch.ts';
import { packOps, Unpacker } from '../src/kernel/records.ts';
import { Pace, unpackInTurns } from '../src/kernel/turns.ts';
import type { Bench, Figures } from './harness.ts';
import { processorTurns, watchLoop } from './loop.ts';
import { operations } from './sample.ts';

const DESTINATIONS = 100_000;
/** As many records of a table in use as are unpacked again and again. */
const SAMPLE = 512;

/** JavaScript's share of a dump and of a batch, on this machine, against a kernel that answers at once: in the lab an emulated
 *  processor makes every pause of the garbage collector some ten times as long. `loopMs` is what others on the loop waited,
 *  which on a busy machine is mostly for a processor; `turnMs` is the main thread's own processor time in the longest turn. */
export const bench: Bench = {
  title: `unpack ${DESTINATIONS} destinations of a dump, pack as many operations, in turns`,
  place: 'host',
  peers: {},
  ratios: [
    ...['unpack', 'unpack-unused', 'unpack-one', 'pack'].flatMap((side) => [
      { title: `${side}: event loop kept, ms`, of: `${side}.loopMs`, aim: '<= 20' },
      { title: `${side}: processor time of the longest turn, ms`, of: `${side}.turnMs`, aim: '<= 20' },
    ]),
    { title: 'no work at all: event loop kept, ms', of: 'idle.loopMs' },
  ],
  async setup() {
    const ops = operations(DESTINATIONS);
    const used = sample(true);
    const unused = sample(false);
    const one = oneService(used);
    return {
      sides: [
        { name: 'unpack', run: () => watched(() => portions(used)) },
        { name: 'unpack-unused', run: () => watched(() => portions(unused)) },
        { name: 'unpack-one', run: () => watched(() => unpackInTurns(addon().codec.layout, one, { stats: true })) },
        { name: 'pack', run: () => watched(() => pack(ops)) },
        { name: 'idle', run: () => watched(() => new Promise((resolve) => setTimeout(resolve, 500))) },
      ],
      async teardown() {},
    };
  },
};

async function watched(work: () => Promise<unknown>): Promise<Figures> {
  const turns = processorTurns();
  const loop = watchLoop();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  return { ms, loopMs: loop(), ...turns() };
}

/** With counters of which no two are the same and none is zero, or none that was ever used. */
function sample(inUse: boolean): NativeDump {
  const { layout, encode, decode } = addon().codec;
  const { bytes } = packOps(layout, operations(DESTINATIONS).slice(0, SAMPLE));
  const portion = decode(encode(bytes, 0), true);
  const { size, fields } = layout.destination;
  const counters = new BigUint64Array(portion.destinations.buffer, portion.destinations.byteOffset);
  for (let at = fields.counters; inUse && at < portion.destinations.length; at += size)
    for (let i = 0; i < 10; i++) counters[at / 8 + i] = BigInt(at + i + 1);
  return portion;
}

/** One service with all the destinations, as the library's destinations() reads it at once. */
function oneService(portion: NativeDump): NativeDump {
  const { size, fields } = addon().codec.layout.service;
  const services = portion.services.slice(0, size);
  new DataView(services.buffer).setUint32(fields.destinations, DESTINATIONS, true);
  const { size: each } = addon().codec.layout.destination;
  const destinations = new Uint8Array(DESTINATIONS * each);
  for (let at = 0; at < destinations.length; at += portion.destinations.length)
    destinations.set(portion.destinations.subarray(0, destinations.length - at), at);
  return { services, destinations };
}

async function portions(portion: NativeDump): Promise<void> {
  const { layout } = addon().codec;
  const unpacker = new Unpacker(layout, { stats: true });
  const pace = new Pace();
  const each = portion.destinations.length / layout.destination.size;
  for (let taken = 0; taken < DESTINATIONS; taken += each) {
    pace.turn(() => unpacker.add(portion));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function pack(ops: ReturnType<typeof operations>): Promise<void> {
  const kernel: Pick<NativeIpvs, 'apply'> = {
    async apply(next) {
      while (next()) await new Promise(setImmediate);
    },
  };
  await applyBatch(kernel, addon().codec.layout, ops, (op, failure) => ({ op, failure }));
}
