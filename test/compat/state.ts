import { addon, type NativeDump } from '../../src/kernel/addon.ts';
import { type Ipvs, openIpvs, type SyncDaemon } from '../../src/kernel/ipvs.ts';
import { unpackDump } from '../../src/kernel/records.ts';
import type { Counters, ObservedService } from '../../src/model/observed.ts';
import type { IpvsOp } from '../../src/model/op.ts';
import type { Side } from './judge.ts';
import { LIVE } from './live.ts';

/** Everything that a command can change. Two that are equal have the same `raw`. */
export interface State {
  /** The kernel's own records, whatever ipvsadm shows of them. */
  readonly raw: string;
  /** For a person. */
  readable(): string;
}

/** Reads and prepares the IPVS of this process's network namespace. */
export interface Tables {
  state(): Promise<State>;
  /** The judge's own view of what is there. */
  views(): Promise<string>;
  /** Makes the table that of tables.txt, and returns its `raw`. Nothing happens when the last state() found it so. */
  prepare(name: string): Promise<string>;
  close(): void;
}

// One process prints all views: ipvsadm takes list commands from its standard input too.
const VIEWS = '-S -n\n-L -n --thresholds\n-L -n --nosort\n-L -n --tun-info\n-L --timeout\n-L --daemon\n';
const DEFAULT_TIMEOUTS = '--set 900 120 300\n';
/** A daemon that is stopped before it ever ran is stopped without an answer, and ipvsadm waits for one. */
const DAEMON_RUNS_MS = 200;

interface Prepared {
  readonly raw: string;
  again(): Promise<void>;
}

export function openTables(judge: Side, sections: ReadonlyMap<string, string>): Tables {
  const ipvs = openIpvs();
  const native = new (addon().Ipvs)('', 2000);
  const prepared = new Map<string, Prepared>();
  let current = '';
  let last = '';

  async function table(counters: boolean): Promise<NativeDump> {
    const portions: NativeDump[] = [];
    await native.dump(counters, (portion) => {
      portions.push(portion);
      return 512;
    });
    return {
      services: Buffer.concat(portions.map((portion) => portion.services)),
      destinations: Buffer.concat(portions.map((portion) => portion.destinations)),
    };
  }

  async function state(): Promise<State> {
    const live = LIVE.has(current);
    const dump = await table(live);
    const rest = JSON.stringify([await ipvs.timeouts(), await ipvs.daemons()]);
    const readable = () => `${services(dump, live).map(text).join('')}${rest}\n`;
    const bytes = [dump.services, dump.destinations].map((part) => Buffer.from(part).toString('base64'));
    last = live ? readable() : `${bytes.join(' ')} ${rest}`;
    return { raw: last, readable };
  }

  /** The first time as the file says; then as the kernel said it was, which is a good deal faster. */
  async function build(name: string): Promise<Prepared> {
    const lines = sections.get(name);
    if (lines === undefined) throw new Error(`tables.txt has no [${name}]`);
    await ipvs.setTimeouts({ tcpS: 900, tcpFinS: 120, udpS: 300 });
    const { code, err } = await judge.run(['-R'], `-C\n${DEFAULT_TIMEOUTS}${lines}`);
    if (code !== 0 || err !== '') throw new Error(`tables.txt [${name}]: ${err || `exit code ${code}`}`);
    const { raw } = await state();
    const ops = operations(services(await table(false), false));
    const [timeouts, daemons] = [await ipvs.timeouts(), await ipvs.daemons()];
    return {
      raw,
      async again() {
        await ipvs.flush();
        await ipvs.setTimeouts(timeouts);
        await ipvs.apply(ops);
        for (const daemon of daemons) await ipvs.startDaemon(daemon);
      },
    };
  }

  return {
    state,
    async views() {
      const { out, err } = await judge.run(['-R'], VIEWS);
      return out + err;
    },
    async prepare(name) {
      const before = prepared.get(name);
      if (name === current && (LIVE.has(name) || last === before?.raw)) return last;
      await stopAll(ipvs);
      current = name;
      if (before) await before.again();
      else prepared.set(name, await build(name));
      if ((await ipvs.daemons()).length > 0) await new Promise((resolve) => setTimeout(resolve, DAEMON_RUNS_MS));
      const { raw } = await state();
      if (before && before.raw !== raw) throw new Error(`[${name}] did not come out as before`);
      return raw;
    },
    close() {
      ipvs.close();
      native.close();
    },
  };
}

async function stopAll(ipvs: Ipvs): Promise<void> {
  for (const daemon of await ipvs.daemons()) await ipvs.stopDaemon(daemon.state as SyncDaemon['state']);
}

const services = (dump: NativeDump, stats: boolean): ObservedService[] =>
  unpackDump(addon().codec.layout, dump, { stats });

/** What makes the same table again, the order of the kernel's lists included: what is added last comes first. */
const operations = (table: readonly ObservedService[]): IpvsOp[] =>
  table
    .toReversed()
    .flatMap(({ service, destinations }): IpvsOp[] => [
      { kind: 'add-service', service, why: '' },
      ...destinations
        .toReversed()
        .map((destination): IpvsOp => ({ kind: 'add-destination', id: service.id, destination, why: '' })),
    ]);

/** Connections come and go by themselves, so they are left out; of the counters only whether they are zero is told. */
function text({ service, stats, destinations }: ObservedService): string {
  const used = (counters: Counters | null) => counters && { used: counters.inPackets > 0n };
  const lines = destinations.map((destination) => {
    const { activeConnections, inactiveConnections, persistentConnections, stats: its, ...settings } = destination;
    return `  ${JSON.stringify({ ...settings, ...used(its) })}\n`;
  });
  return `${JSON.stringify({ ...service, ...used(stats) })}\n${lines.join('')}`;
}
