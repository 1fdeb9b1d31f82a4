import { setTimeout as sleep } from 'node:timers/promises';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import { median } from '../harness.ts';
import { DIRECTOR_NETNS, type Fault, type Ground, serverAddress, type Usage } from './ground.ts';
import { type Asked, type Running, type SideName, start, type Task } from './sides.ts';

const LOOK_MS = 5;
const PATIENCE_MS = 60_000;

/** Weights above 0 in the director's kernel, by server address. */
async function serving(): Promise<Set<string>> {
  const ipvs = openIpvs({ netns: DIRECTOR_NETNS });
  try {
    const services = await ipvs.dump({ stats: false });
    return new Set(
      services.flatMap(({ destinations }) => destinations.filter((d) => d.weight > 0).map((d) => d.address)),
    );
  } finally {
    ipvs.close();
  }
}

async function until(
  running: Running,
  what: string,
  condition: (now: Set<string>) => boolean,
  lookMs = LOOK_MS,
): Promise<number> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    if (condition(await serving())) return performance.now();
    if (performance.now() > end)
      throw new Error(`${what} did not come about; it said:\n${running.log()}\n${running.threads()}`);
    await sleep(lookMs);
  }
}

async function withSide<T>(
  ground: Ground,
  side: SideName,
  task: Task,
  work: (running: Running) => Promise<T>,
): Promise<T> {
  const running = await start(ground, side, task);
  try {
    // To read a long table costs what a side could use.
    await until(running, 'a full table', (now) => now.size === task.servers, Math.max(300, task.servers / 2));
    return await work(running);
  } finally {
    await running.stop();
    const ipvs = openIpvs({ netns: DIRECTOR_NETNS });
    const left = await ipvs.dump({ stats: false });
    await ipvs.apply(left.map(({ service }) => ({ kind: 'delete-service', id: service.id, why: '' })));
    ipvs.close();
  }
}

/** With all servers in one process. */
async function withAll<T>(
  ground: Ground,
  side: SideName,
  task: Task,
  work: (running: Running) => Promise<T>,
): Promise<T> {
  await ground.up(task.servers);
  return withSide(ground, side, task, work);
}

export interface Cost {
  /** Processor seconds per 1,000 checks that the servers saw: the median of the windows, and the outermost. */
  readonly cpuPer1000: number;
  readonly cpuPer1000Min: number;
  readonly cpuPer1000Max: number;
  /** The same from the start to the first window. */
  readonly cpuPer1000WarmUp: number;
  /** Of `cpuPer1000`, what the main thread and the prober's used; of keepalived there is only a main one. */
  readonly mainPer1000: number;
  readonly proberPer1000: number;
  /** The same of every other thread that used any, by name. */
  readonly othersPer1000: string;
  readonly checksPerSecond: number;
  /** Of one check a server and second. */
  readonly rateHeld: number;
  /** Servers in the table at the end: all answer. */
  readonly inTable: number;
  readonly rssMb: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

export interface Span {
  readonly warmUpS: number;
  readonly windows: number;
  readonly windowS: number;
}

/** By what can be counted outside of the checkers. */
const CHECKS_MADE: Readonly<Record<Asked, (ground: Ground) => number | Promise<number>>> = {
  tcp: (ground) => ground.begun(),
  http: (ground) => ground.answers(),
  ping: (ground) => ground.pings(),
};

/** What checking costs while nothing happens. */
export const cost = (ground: Ground, side: SideName, task: Task, span: Span): Promise<Cost> =>
  withAll(ground, side, task, async (running) => {
    const look = async () => {
      const checks = await CHECKS_MADE[task.asked](ground);
      return { ...running.usage(), checks, at: performance.now() };
    };
    const asked = (await look()).checks;
    await sleep(span.warmUpS * 1000);
    const looks = [await look()];
    for (let window = 0; window < span.windows; window++) {
      await sleep(span.windowS * 1000);
      looks.push(await look());
    }
    const [first, last] = [looks[0], looks.at(-1)];
    if (first === undefined || last === undefined) throw new Error('nothing was looked at');
    const windows = looks.slice(1).map((end, i) => per1000(total(end), end.checks, looks[i]));
    const checks = last.checks - first.checks;
    const checksPerSecond = (checks * 1000) / (last.at - first.at);
    const inTable = (await serving()).size;
    // To watch the loop costs time of its own.
    running.loop();
    await sleep(span.windowS * 500);
    const { p99Ms, maxMs } = running.loop();
    const by = (thread: string): number => (((last.cpuS[thread] ?? 0) - (first.cpuS[thread] ?? 0)) * 1000) / checks;
    return {
      cpuPer1000: median(windows),
      cpuPer1000Min: Math.min(...windows),
      cpuPer1000Max: Math.max(...windows),
      cpuPer1000WarmUp: (total(first) * 1000) / (first.checks - asked),
      mainPer1000: by('main'),
      proberPer1000: by('fairlead-probe'),
      othersPer1000: Object.keys(last.cpuS)
        .filter((thread) => thread !== 'main' && thread !== 'fairlead-probe' && by(thread) > 0)
        .map((thread) => `${thread} ${by(thread).toPrecision(2)}`)
        .join(', '),
      checksPerSecond,
      rateHeld: checksPerSecond / task.servers,
      inTable,
      rssMb: last.rssMb,
      loopP99Ms: p99Ms,
      loopMaxMs: maxMs,
    };
  });

const total = ({ cpuS }: Usage): number => Object.values(cpuS).reduce((sum, each) => sum + each, 0);

const per1000 = (cpuS: number, checks: number, since: (Usage & { readonly checks: number }) | undefined): number =>
  since === undefined ? Number.NaN : ((cpuS - total(since)) * 1000) / (checks - since.checks);

/** Between two faults, so that no two share a look at the table. */
const STRIKE_EVERY_MS = 237;
const INTERVAL_MS = 1000;

export interface Death {
  /** From the check before to the fault. */
  readonly sinceCheckMs: number;
  /** From the fault to the end of new connections. */
  readonly tookMs: number;
}

/** Of each server of a task. Each dies at another moment between two of its checks, evenly over an interval, so that all sides
 *  are struck alike. */
export const deaths = async (ground: Ground, side: SideName, task: Task, fault: Fault): Promise<Death[]> => {
  const victims = await ground.victims(task.servers);
  try {
    return await withSide(ground, side, task, async (running) => {
      await sleep(3000);
      const struck: { readonly at: number; readonly sinceCheckMs: number }[] = [];
      const out: Death[] = [];
      const strike = async (server: number): Promise<void> => {
        await sleep(server * STRIKE_EVERY_MS);
        const since = await ground.sinceAsked(server);
        const asked = performance.now();
        const wanted = ((server + 0.5) / task.servers) * INTERVAL_MS;
        await sleep((wanted - since + INTERVAL_MS) % INTERVAL_MS);
        await victims.strike(server, fault);
        const at = performance.now();
        struck[server] = { at, sinceCheckMs: (since + at - asked) % INTERVAL_MS };
      };
      const all = Promise.all(Array.from({ length: task.servers }, (_, server) => strike(server)));
      await until(running, `${task.servers} times ${fault}`, (now) => {
        const seen = performance.now();
        for (const [server, one] of struck.entries()) {
          if (one === undefined || server in out || now.has(serverAddress(server))) continue;
          out[server] = { sinceCheckMs: one.sinceCheckMs, tookMs: seen - one.at };
        }
        return now.size === 0;
      });
      await all;
      return out;
    });
  } finally {
    victims.close();
  }
};

export interface Mass {
  /** Until the last of the dead ones was out. */
  readonly allOutMs: number;
  readonly plans: number;
}

/** Half of the servers are refused at once. */
export const mass = (ground: Ground, side: SideName, task: Task): Promise<Mass> =>
  withAll(ground, side, task, async (running) => {
    const half = task.servers / 2;
    await sleep(5000);
    const at = performance.now();
    await ground.strikeFirst(half, 'refuse');
    const struckMs = performance.now() - at;
    const out = await until(running, 'half is out', (now) => now.size === half);
    return { allOutMs: out - at - struckMs, plans: (running.log().match(/applied/g) ?? []).length };
  });

/** All servers take connections and never answer: how few were left in the table at worst. */
export const allHang = (ground: Ground, side: SideName, task: Task, seconds: number): Promise<number> =>
  withAll(ground, side, task, async () => {
    await ground.strikeFirst(task.servers, 'hang');
    let least = task.servers;
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      least = Math.min(least, (await serving()).size);
      await sleep(100);
    }
    return least;
  });
