import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from '../src/kernel/addon.ts';
import { openIpvs } from '../src/kernel/ipvs.ts';
import { packOps } from '../src/kernel/records.ts';
import type { IpvsOp } from '../src/model/op.ts';
import type { Bench, Figures } from './harness.ts';
import { bareLoop, expectFull, inNamespace, secondOf, timed } from './namespace.ts';
import { ipvsadmLine, operations } from './sample.ts';

const DESTINATIONS = 10_000;

/** A table of 10,000 destinations into an empty one. */
export const bench: Bench = {
  title: `apply ${DESTINATIONS} destinations in ${DESTINATIONS / 10} services to an empty table`,
  place: 'lab',
  peers: { ipvsadm: ['ipvsadm', '--version'] },
  ratios: [
    { title: 'ipvsadm -R over the apply, elapsed', of: 'ipvsadm.elapsedMs', over: 'fairlead.applyMs', aim: '>= 20' },
    { title: 'ipvsadm -R over the apply, processor time', of: 'ipvsadm.cpuMs', over: 'fairlead.applyCpuMs' },
    {
      title: 'ipvsadm -R over a whole Fairlead process, elapsed',
      of: 'ipvsadm.elapsedMs',
      over: 'fairlead-process.elapsedMs',
    },
    {
      title: 'ipvsadm -R over a whole Fairlead process, kernel time',
      of: 'ipvsadm.kernelMs',
      over: 'fairlead-process.kernelMs',
    },
    {
      title: 'the apply over a bare loop that sends the same bytes',
      of: 'fairlead.applyMs',
      over: 'bare.applyMs',
      aim: '<= 1.5',
    },
  ],
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
    const ops = operations(DESTINATIONS);
    const files = {
      ops: join(folder, 'ops.json'),
      rules: join(folder, 'rules'),
      messages: join(folder, 'messages'),
      bare: process.env.FAIRLEAD_BARE ?? '',
    };
    const { layout, encode } = addon().codec;
    writeFileSync(files.ops, JSON.stringify(ops));
    writeFileSync(files.rules, ops.map(ipvsadmLine).join('\n'));
    writeFileSync(files.messages, encode(packOps(layout, ops).bytes, 0));
    // Loading a scheduler belongs to no side.
    await inNamespace(async (netns) => openIpvs({ netns }).apply(ops.slice(0, 1)));
    return {
      sides: [
        { name: 'fairlead', run: () => secondOf(() => inNamespace((netns) => applyHere(netns, ops))) },
        {
          name: 'ipvsadm',
          run: () => inNamespace(async (netns) => timed(netns, `ipvsadm -R < ${files.rules}`)),
        },
        {
          name: 'fairlead-process',
          run: () =>
            inNamespace(async (netns) =>
              timed(netns, `${process.execPath} ${fileURLToPath(import.meta.url)} apply-once ${netns} ${files.ops}`),
            ),
        },
        {
          name: 'bare',
          run: () => secondOf(() => inNamespace(async (netns) => bareLoop(files.bare, files.messages, netns))),
        },
      ],
      async teardown() {
        rmSync(folder, { recursive: true });
      },
    };
  },
};

/** What the side `fairlead-process` runs: read a file of operations, apply them, end. */
export async function applyOnce(netns: string, file: string): Promise<undefined> {
  const results = await openIpvs({ netns }).apply(JSON.parse(readFileSync(file, 'utf8')) as IpvsOp[]);
  const failed = results.find((result) => result.failure);
  if (failed) throw new Error(JSON.stringify(failed.failure));
}

async function applyHere(netns: string, ops: readonly IpvsOp[]): Promise<Figures> {
  const ipvs = openIpvs({ netns });
  await ipvs.info();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const results = await ipvs.apply(ops);
  const applyMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const failed = results.find((result) => result.failure);
  if (failed) throw new Error(JSON.stringify(failed.failure));
  await expectFull(netns, DESTINATIONS);
  ipvs.close();
  return { applyMs, applyCpuMs: (user + system) / 1000 };
}
