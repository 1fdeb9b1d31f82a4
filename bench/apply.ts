import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from '../src/kernel/addon.ts';
import { openIpvs } from '../src/kernel/ipvs.ts';
import { packOps } from '../src/kernel/records.ts';
import type { IpvsOp } from '../src/model/op.ts';
import { type Destination, destinationKey, type VirtualService } from '../src/model/service.ts';
import type { Bench, Figures } from './harness.ts';

const SERVICES = 1000;
const DESTINATIONS = 10;
const MESSAGES_PER_CHUNK = 512;

/** 10,000 destinations in 1,000 services into an empty table. Every run gets a network namespace of its own: a table that
 *  was emptied is not an empty one, the kernel keeps what was deleted in a trash list for two minutes. */
export const bench: Bench = {
  title: `apply ${SERVICES * DESTINATIONS} destinations in ${SERVICES} services to an empty table`,
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
    const ops = operations();
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
          run: () => inNamespace(async (netns) => timed(`nsenter --net=${netns} ipvsadm -R < ${files.rules}`)),
        },
        {
          name: 'fairlead-process',
          run: () =>
            inNamespace(async (netns) =>
              timed(`${process.execPath} ${fileURLToPath(import.meta.url)} apply-once ${netns} ${files.ops}`),
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
export async function applyOnce(netns: string, file: string): Promise<void> {
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
  await expectFull(netns);
  ipvs.close();
  return { applyMs, applyCpuMs: (user + system) / 1000 };
}

/** Elapsed and processor time of a shell command, from the shell's own accounting. */
function timed(command: string): Figures {
  const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%R %U %S'; time ${command}`], {
    encoding: 'utf8',
  });
  const [elapsed = Number.NaN, user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  if (status !== 0 || Number.isNaN(system)) throw new Error(`${command} failed: ${stderr}`);
  return { elapsedMs: elapsed * 1000, cpuMs: (user + system) * 1000, kernelMs: system * 1000 };
}

function bareLoop(program: string, messages: string, netns: string): Figures {
  const [applyMs = Number.NaN, refused = Number.NaN] = execFileSync(
    program,
    [messages, netns, String(MESSAGES_PER_CHUNK)],
    { encoding: 'utf8' },
  )
    .split(' ')
    .map(Number);
  if (refused !== 0) throw new Error(`the bare loop had ${refused} messages refused`);
  return { applyMs };
}

/** The figures of the second of two runs. Between the rounds other programs push our code out of an emulator's cache, and
 *  both sides that last less than a second would mostly measure its translation. */
async function secondOf(run: () => Promise<Figures>): Promise<Figures> {
  await run();
  return run();
}

let namespaces = 0;

/** Gives `work` a new network namespace and checks that it filled the table. */
async function inNamespace<T>(work: (netns: string) => Promise<T>): Promise<T> {
  const name = `fl-bench-${process.pid}-${namespaces++}`;
  execFileSync('ip', ['netns', 'add', name]);
  // Without any address the kernel takes none for unicast.
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  try {
    return await work(`/run/netns/${name}`);
  } finally {
    execFileSync('ip', ['netns', 'delete', name]);
  }
}

async function expectFull(netns: string): Promise<void> {
  const ipvs = openIpvs({ netns });
  const services = await ipvs.dump({ stats: false });
  const count = services.reduce((sum, service) => sum + service.destinations.length, 0);
  ipvs.close();
  if (services.length !== SERVICES || count !== SERVICES * DESTINATIONS)
    throw new Error(`the table holds ${services.length} services and ${count} destinations`);
}

function operations(): IpvsOp[] {
  return Array.from({ length: SERVICES }, (_, s): IpvsOp[] => {
    const id = { kind: 'address', protocol: 'tcp', address: `10.${100 + (s >> 8)}.${s & 255}.1`, port: 80 } as const;
    const service: VirtualService = {
      id,
      scheduler: 'rr',
      schedulerFlags: 0,
      onePacket: false,
      persistence: null,
      netmask: '255.255.255.255',
    };
    const destinations = Array.from({ length: DESTINATIONS }, (_, d): IpvsOp => {
      const destination: Destination = {
        address: `10.200.${s >> 2}.${(s & 3) * DESTINATIONS + d + 1}`,
        port: 80,
        forward: 'nat',
        weight: d + 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: null,
      };
      return { kind: 'add-destination', id, destination, why: '' };
    });
    return [{ kind: 'add-service', service, why: '' }, ...destinations];
  }).flat();
}

function ipvsadmLine(op: IpvsOp): string {
  if (op.kind === 'add-service' && op.service.id.kind === 'address')
    return `-A -t ${destinationKey(op.service.id)} -s ${op.service.scheduler}`;
  if (op.kind !== 'add-destination' || op.id.kind !== 'address') throw new Error(`no line for ${op.kind}`);
  return `-a -t ${destinationKey(op.id)} -r ${destinationKey(op.destination)} -m -w ${op.destination.weight}`;
}
