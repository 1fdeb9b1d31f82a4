import { type Config, configSchema } from '../../src/config/schema.ts';
import { desire } from '../../src/decide/desire.ts';
import { gate } from '../../src/decide/gate.ts';
import { initialVerdict } from '../../src/health/verdict.ts';
import { Counts } from '../../src/metrics/counts.ts';
import { LabelCache } from '../../src/metrics/labels.ts';
import type { InstanceFigures, Scene } from '../../src/metrics/scene.ts';
import { type InstanceCounters, NOTHING_COUNTED } from '../../src/model/engine.ts';
import type { ProbeResult, Verdicts } from '../../src/model/health.ts';
import type { Counters } from '../../src/model/observed.ts';
import type { Overrides } from '../../src/model/override.ts';
import { drained } from './overrides.ts';

/** A director with something of everything, so that every family has a sample. */
export const CONFIG = configSchema.parse({
  director: { name: 'lb1', sync: { interface: 'eth1', role: 'both' } },
  addresses: [{ address: '10.0.0.5/32', interface: 'eth0' }],
  instances: [
    {
      name: 'edge',
      interface: 'eth0',
      vrid: 51,
      priority: 150,
      addresses: ['10.0.0.100/24', { address: '10.0.0.101/24', hold: false }, '2001:db8::101/64'],
      track: [{ script: ['/usr/local/bin/check "it"'] }],
    },
    { name: 'bare', interface: 'eth1', vrid: 52, addresses: ['2001:db8::100/64'] },
  ],
  services: [
    {
      name: 'web',
      listen: ['tcp://10.0.0.100:80', 'tcp://[2001:db8::100]:80'],
      check: { tcp: {}, damping: {} },
      panic: 50,
      quorum: { weight: 2 },
      servers: [{ address: '10.0.0.11' }, { name: 'two', address: '10.0.0.12', weight: 2 }, { address: 'fd00::13' }],
      fallback: { address: '10.0.0.99' },
    },
    { name: 'dns', listen: ['fwmark://255', 'udp://10.0.0.100:53'], servers: [{ address: '10.0.0.21' }] },
  ],
});

const result = (outcome: string, durationMs: number): ProbeResult => ({
  ok: outcome === 'connected',
  at: 1000,
  durationMs,
  phase: 'connect',
  outcome,
  evidence: '',
});

const figures = (state: InstanceFigures['state']): InstanceFigures => ({
  state,
  since: 1_700_000_000_000,
  group: null,
  priority: 150,
  faults: [],
  rivals: [],
  duplicates: [],
  master: null,
  counts: { entered: { init: 0, backup: 2, master: 3, fault: 1 }, released: 2, leavingHeard: 4, leavingSaid: 5 },
});

const counters = (name: string): InstanceCounters => ({
  name,
  received: { accepted: 10, ttl: 1, short: 2, length: 3, interval: 4, type: 5, addresses: 6, authentication: 7 },
  told: 3,
  expected: 4,
  repeated: 0,
  sent: 20,
  failed: 1,
  late: 2,
  longestGapMs: 1500,
  announced: 9,
  disturbed: 1,
  holding: true,
  present: 1,
});

/** A daemon that runs a configuration and to which nothing has happened yet. `counted` gives the kernel's counters, a service's
 *  and then those of each of its destinations, by their number from 1. */
export function sceneOf(
  config: Config,
  counted: (number: number) => Counters,
  { overrides, verdicts }: { readonly overrides: Overrides; readonly verdicts: Verdicts },
): Scene {
  const desired = desire(config, overrides, 1);
  const target = gate(desired, verdicts);
  let number = 1;
  const services = target.services.map(({ service, destinations }) => ({
    service,
    stats: counted(number++),
    destinations: destinations.map(({ destination }) => ({
      ...destination,
      activeConnections: number % 1000,
      inactiveConnections: number % 333,
      persistentConnections: 0,
      stats: counted(number++),
    })),
  }));
  return {
    version: '1.2.3',
    node: process.version,
    director: 'lb1',
    now: 2000,
    wall: 1_700_000_200_000,
    startedAt: 1_700_000_000_000,
    revision: 1,
    reloadRefused: false,
    failures: 0,
    overrides,
    leaseMs: 15_000,
    desired,
    target,
    dump: { services, addresses: [], sysctls: {}, daemons: target.daemons, routes: [], rules: [] },
    kernelRead: true,
    refusedAnswers: 3,
    totals: null,
    verdicts,
    conditions: new Map([['web', { panic: null, quorum: { held: true } }]]),
    instances: new Map(),
    trackers: [],
    engine: NOTHING_COUNTED,
    availability: [],
    counts: new Counts(),
    process: { cpuSeconds: 1.5, residentBytes: 1e8, heapBytes: 5e7 },
    labels: new LabelCache(),
  };
}

export function scene(change: Partial<Scene> = {}): Scene {
  const certificate = { endsAt: 1_800_000_000_000, warning: '' };
  const up = { ...initialVerdict(500, true), status: 'up' as const, certificate };
  const verdicts = new Map(['10.0.0.11', 'two', 'fd00::13'].map((name) => [`web/${name}`, up]));
  const stats = {
    connections: 5n,
    inPackets: 50n,
    outPackets: 40n,
    inBytes: 18_446_744_073_709_551_615n,
    outBytes: 6000n,
  };
  const fresh = sceneOf(CONFIG, () => stats, { overrides: drained('web/two'), verdicts });
  const services = (fresh.dump?.services ?? []).map((service) => ({
    ...service,
    destinations: service.destinations.map((each) => ({ ...each, activeConnections: 3, inactiveConnections: 4 })),
  }));
  const counts = new Counts();
  counts.event('health');
  counts.reload(true, 1_700_000_100_000);
  counts.check('web/10.0.0.11', result('connected', 2));
  counts.check('web/10.0.0.11', result('refused', 0.2));
  counts.applied([{ op: { kind: 'set-sysctl', why: '', name: 'a', value: '1' }, failure: null }], 3);
  counts.renewed(12_000);
  const addresses = [
    {
      interface: 'eth0',
      address: '10.0.0.100',
      prefix: 24,
      family: 'inet' as const,
      owner: 112,
      label: null,
      duplicate: false,
    },
  ];
  const [script] = fresh.desired.instances[0]?.track ?? [];
  return {
    ...fresh,
    node: 'v20.19.0',
    revision: 3,
    dump: fresh.dump && { ...fresh.dump, services, addresses },
    totals: stats,
    instances: new Map([
      ['edge', figures('master')],
      ['bare', figures('backup')],
    ]),
    trackers: script ? [{ tracker: script, state: { state: 'up', value: 1, why: '' } }] : [],
    engine: {
      instances: [counters('edge'), counters('bare')],
      strangers: [{ interface: 'eth0', family: 'inet', received: { vrid: 3 } }],
      lateness: { boundsNs: [50_000, 1_000_000_000], counts: [7, 2, 1] },
    },
    availability: [
      {
        ...{
          kind: 'service',
          name: 'web',
          window: '30d',
          ratio: 0.9999,
          downSeconds: 200,
          plannedSeconds: 30,
          incidents: 2,
        },
        budget: { allowedSeconds: 259.2, usedSeconds: 200 },
      },
      {
        ...{
          kind: 'address',
          name: '10.0.0.100/24',
          window: 'day',
          ratio: null,
          downSeconds: 0,
          plannedSeconds: 0,
          incidents: 0,
        },
        budget: null,
      },
    ],
    counts,
    ...change,
  };
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Reads an exposition strictly: a line that is neither a comment of the two kinds nor a sample is a mistake. */
export function parse(text: string): { samples: Sample[]; types: Map<string, string>; helps: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, what, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (what !== undefined) {
      const into = what === 'HELP' ? helps : types;
      if (into.has(name)) throw new Error(`a second ${what} of ${name}`);
      into.set(name, rest);
    } else if (line !== '# EOF') samples.push(sample(line));
  }
  return { samples, types, helps };
}

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

function sample(line: string): Sample {
  const [, name = '', inside = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  if (name === '' || (value !== '+Inf' && Number.isNaN(Number(value)))) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length) {
    const [, key = '', text = ''] = LABEL.exec(inside) ?? [];
    if (key === '' || key in labels) throw new Error(`labels of ${line}`);
    labels[key] = text.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one));
  }
  return { name, labels, value };
}
