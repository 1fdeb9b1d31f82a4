import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Seen } from '../../test/support/network/observer.ts';
import { openSegment, type Segment } from '../../test/support/segment.ts';
import { machine } from '../harness.ts';
import { lengthOf, netOf, type Span, spansOf } from '../vrrp/spans.ts';
import type { Asks, FiguresNow } from './director.ts';
import { sharedMs } from './director.ts';
import { buildResponder, serverAddress } from './ground.ts';

/** `health-scale [PART...]`: a whole daemon, but for IPVS, with very many servers on loopback and one instance that advertises
 *  every 100 ms, in a segment whose switch sees the adverts. */

const SECONDS = 10;
const SETTLING_MS = 6000;
const ADVERTISE_MS = 100;
const RESULTS = 'bench/results/health-scale.json';
const PORT = 80;
/** Addresses that follow each other, as serverAddress() gives them. */
const RUN = 250;

interface Size {
  readonly services: number;
  readonly perService: number;
  readonly every: string;
}
type Row = Readonly<Record<string, unknown>>;

interface Stage {
  readonly segment: Segment;
  readonly file: string;
  readonly tell: (line: string) => Promise<void>;
  readonly ask: <K extends keyof Asks>(what: K, ...args: Parameters<Asks[K]>) => Promise<ReturnType<Asks[K]>>;
  readonly pid: number;
}

const PARTS: Readonly<Record<string, () => Promise<Row>>> = {
  'rate-0': () => onStage({ services: 1, perService: 1, every: '1h' }, false, steady),
  'rate-10000': () => onStage({ services: 1000, perService: 10, every: '1s' }, false, steady),
  'rate-20000': () => onStage({ services: 200, perService: 100, every: '1s' }, false, steady),
  'rate-50000': () => onStage({ services: 500, perService: 100, every: '1s' }, false, steady),
  'slow-50000': () => onStage({ services: 500, perService: 100, every: '10s' }, false, steady),
  'reload-10000': () => onStage({ services: 1000, perService: 10, every: '1s' }, false, reloaded),
  'mass-1000': () => onStage({ services: 100, perService: 10, every: '1s' }, true, halfDies),
  'mass-10000': () => onStage({ services: 1000, perService: 10, every: '1s' }, true, halfDies),
};

export async function main(args: readonly string[]): Promise<number> {
  for (const part of args.length > 0 ? args : Object.keys(PARTS)) {
    const run = PARTS[part];
    if (!run) {
      process.stderr.write(`parts: ${Object.keys(PARTS).join(', ')}\n`);
      return 2;
    }
    const load = Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
    const row = { part, load, ...(await run()) };
    process.stdout.write(`${JSON.stringify(row)}\n`);
    write(row);
  }
  process.stdout.write(`${tableOf(readRows()).join('\n')}\nwritten to ${RESULTS}\n`);
  return 0;
}

/** Other parts keep what they had. */
function write(row: Row): void {
  const known = new Map(readRows().map((each) => [each.part, each])).set(row.part, row);
  const rows = Object.keys(PARTS).flatMap((part) => known.get(part) ?? []);
  mkdirSync(dirname(RESULTS), { recursive: true });
  const record = { date: new Date().toISOString(), machine: machine(), rows };
  writeFileSync(RESULTS, `${JSON.stringify(record, null, 1)}\n`);
}

/** Numbers with four digits, one row a part. */
function tableOf(rows: readonly Row[]): string[] {
  const short = (value: unknown): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(4))) : JSON.stringify(value);
  return rows.map(({ part, ...figures }) => {
    const words = Object.entries(figures).map(([name, value]) => `${name} ${short(value)}`);
    return `${String(part).padEnd(14)}${words.join(', ')}`;
  });
}

function readRows(): readonly Row[] {
  try {
    return (JSON.parse(readFileSync(RESULTS, 'utf8')) as { rows: Row[] }).rows;
  } catch {
    return [];
  }
}

/** What goes on for some seconds once all is known. */
async function steady(stage: Stage, size: Size): Promise<Row> {
  const started = await stage.ask('start', stage.file);
  await sleep(SETTLING_MS);
  const during = await observed(stage, () => sleep(SECONDS * 1000));
  return { ...size, ...started, ...during };
}

/** One server's weight changes in the file, which is read anew. */
async function reloaded(stage: Stage, size: Size): Promise<Row> {
  await stage.ask('start', stage.file);
  await sleep(SETTLING_MS);
  writeFileSync(stage.file, readFileSync(stage.file, 'utf8').replace('10.1.0.1 }', '10.1.0.1, weight: 2 }'));
  let reload: Row = {};
  const during = await observed(stage, async () => {
    reload = await stage.ask('reload');
    await sleep(SECONDS * 500);
  });
  return { ...size, reloadMs: reload.tookMs, accepted: reload.accepted, ...during };
}

/** Half of all servers refuse connections from one moment on. */
async function halfDies(stage: Stage, size: Size): Promise<Row> {
  await stage.ask('start', stage.file);
  await sleep(SETTLING_MS);
  const victims = (size.services * size.perService) / 2;
  const fallen = stage.ask('fallen', victims);
  const from = sharedMs();
  await runs(stage.tell, 'refuse', victims);
  const dead = sharedMs();
  const { lastAppliedMs, ...passes } = await fallen;
  // Two bad results; the first at most an interval and its jitter after the death, the second an interval and its jitter later.
  const longestMs = 2 * 1.1 * 1000;
  return { ...size, dyingMs: dead - from, allAppliedMs: lastAppliedMs - from, longestMs, ...passes };
}

async function observed(stage: Stage, act: () => Promise<void>): Promise<Row> {
  await stage.segment.observer.read();
  await stage.ask('watch');
  const before = await counted(stage);
  await act();
  const after = await counted(stage);
  const figures = await stage.ask('figures');
  const seconds = (after.at - before.at) / 1000;
  const checks = after.opened - before.opened;
  return {
    checksPerSecond: checks / seconds,
    cpuPer1000: (after.cpuS - before.cpuS) / (checks / 1000),
    mainThreadCores: (after.mainS - before.mainS) / seconds,
    otherThreadsCores: (after.cpuS - after.mainS - before.cpuS + before.mainS) / seconds,
    ...adverts(await stage.segment.observer.read()),
    ...{ loopP99Ms: figures.loopP99Ms, loopMaxMs: figures.loopMaxMs, outcomes: figures.outcomes },
    ...{ rssMb: figures.rssMb, heapMb: figures.heapMb, collected: figures.collected, ...spread(figures) },
    ...{ sockets: after.sockets, timeWait: after.timeWait },
  };
}

const TICKS_PER_S = 100;

/** What the kernel counted: connections begun in the namespace, and the processor time of the daemon. */
async function counted({ segment, pid }: Stage) {
  const read = (path: string): Promise<string> => segment.exec('a', ['cat', path]);
  const lines = [...(await read('/proc/net/snmp')).matchAll(/^Tcp: (.*)$/gm)].map(([, words = '']) => words.split(' '));
  const opened = Number(lines[1]?.[lines[0]?.indexOf('ActiveOpens') ?? -1]);
  const [, inuse, tw] = /^TCP: inuse (\d+) orphan \d+ tw (\d+)/m.exec(await read('/proc/net/sockstat')) ?? [];
  const cpu = (path: string): number => {
    const fields = readFileSync(path, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  };
  const at = sharedMs();
  const processor = { cpuS: cpu(`/proc/${pid}/stat`), mainS: cpu(`/proc/${pid}/task/${pid}/stat`) };
  return { at, opened, ...processor, sockets: Number(inuse), timeWait: Number(tw) };
}

function adverts(seen: readonly Seen[]): Row {
  const times = seen.flatMap((each) => (each.kind === 'advert' && each.port === 'a' ? [each.at] : []));
  const gaps = times.slice(1).map((at, i): Span => [times[i] ?? at, at]);
  const control = spansOf(seen, 'control', seen.at(-1)?.at ?? 0);
  const most = (lengths: readonly number[]) => lengths.reduce((longest, each) => Math.max(longest, each), 0);
  return {
    adverts: times.length,
    latestAdvertIntervals: most(gaps.map(lengthOf)) / ADVERTISE_MS,
    // Without the machine's own pauses.
    latestAdvertNetIntervals: most(gaps.map((gap) => netOf(gap, control))) / ADVERTISE_MS,
  };
}

function spread({ slots }: FiguresNow): Row {
  const sorted = [...slots].sort((a, b) => a - b);
  const mean = slots.reduce((sum, each) => sum + each, 0) / slots.length;
  return { slotMean: mean, slotMin: sorted[0], slotMax: sorted.at(-1) };
}

async function onStage(size: Size, dies: boolean, act: (stage: Stage, size: Size) => Promise<Row>): Promise<Row> {
  const segment = await openSegment();
  const folder = dirname(fileURLToPath(import.meta.url));
  const responder = segment.spawn('a', [buildResponder(folder), String(PORT)], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Where the daemon looks for the programs of its threads.
  for (const program of ['election.js', 'config-worker.js']) {
    const built = pathToFileURL(join(process.cwd(), 'dist', program)).href;
    writeFileSync(join(folder, program), `import ${JSON.stringify(built)};\n`);
  }
  const child = segment.spawn('a', [process.execPath, fileURLToPath(import.meta.url), 'health-director'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const told = async () => {
    const [message] = (await once(child, 'message')) as [{ value: unknown; error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message.value;
  };
  try {
    await told();
    await segment.ip('a', ['route add local 10.1.0.0/16 dev lo', 'link set lo up']);
    const lines = createInterface(responder.stdout as NodeJS.ReadableStream);
    const answers = lines[Symbol.asyncIterator]();
    const tell = async (line: string) => {
      responder.stdin?.write(`${line}\n`);
      const { value } = await answers.next();
      if (value !== 'done') throw new Error(`the servers said "${value}" to "${line}"`);
    };
    if (dies) await runs(tell, 'defer', size.services * size.perService);
    else await tell('defer 0.0.0.0 1');
    const file = join(segment.folder, 'scale.yaml');
    writeFileSync(file, fileOf(size, segment.folder));
    const ask = async (what: string, ...args: readonly unknown[]) => {
      child.send([what, ...args]);
      return told();
    };
    segment.observer.probe('10.77.0.250');
    return await act({ segment, file, tell, ask: ask as Stage['ask'], pid: child.pid ?? 0 }, size);
  } finally {
    child.disconnect?.();
    if (child.exitCode === null) await Promise.race([once(child, 'exit'), sleep(20_000)]);
    child.kill('SIGKILL');
    responder.kill('SIGKILL');
    await segment.close();
  }
}

async function runs(tell: Stage['tell'], command: string, servers: number): Promise<void> {
  for (let n = 0; n < servers; n += RUN) await tell(`${command} ${serverAddress(n)} ${Math.min(RUN, servers - n)}`);
}

function fileOf({ services, perService, every }: Size, folder: string): string {
  const lines = Array.from({ length: services }, (_, s) => {
    const servers = Array.from({ length: perService }, (_, i) => `{ address: ${serverAddress(s * perService + i)} }`);
    const listen = `"tcp://10.${100 + (s >> 8)}.${s & 255}.1:${PORT}"`;
    return `  - { name: s${s}, listen: [${listen}], scheduler: rr, forward: nat, check: { tcp: {}, every: ${every}, timeout: 1s, rise: 2, fall: 2 }, servers: [${servers.join(', ')}] }`;
  });
  const files = ['state', 'history', 'overrides'].map((name) => `${name}: ${join(folder, `scale.${name}`)}`).join(', ');
  return `director: { name: a, resync: 1h, socket: ${join(folder, 'scale.sock')}, ${files} }
instances:
  - { name: v, interface: eth0, vrid: 7, priority: 150, advertise: ${ADVERTISE_MS}ms, addresses: [10.77.1.1/32] }
services:
${lines.join('\n')}
`;
}
