import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/api/client.ts';
import { DEFAULT_SOCKET } from '../../src/base/paths.ts';
import { ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import {
  cleanDirector,
  type DirectorHost,
  kernelTable,
  Load,
  type RunningDirector,
  startDirector,
  until,
} from '../support/director.ts';
import { lab } from '../support/lab.ts';

/** What an operator does with a pair of directors, under load of which no request may fail: by command line, by curl and by
 *  the typed client. Everything is as docs/operations.md and docs/api.md say. */

const PAIR = ['director', 'standby'] as const;
const WEB = '10.0.2.100';
const SHOP = '10.0.2.101';
const SERVERS = ['web1', 'web2', 'web3'];

const service = (name: string, address: string): string => `
  - name: ${name}
    listen: ["tcp://${address}:80"]
    scheduler: mh
    flags: [fallback]
    check: { http: { path: /healthz }, every: 1s, rise: 1, fall: 5 }
    servers: [${SERVERS.map((server, i) => `{ name: ${server}, address: 10.0.2.1${i + 1} }`).join(', ')}]`;
/** `sloppy_tcp`: connections that began on the other director go on here. */
const fileFor = (host: DirectorHost): string => `
director: { name: ${host}, sysctls: { sloppy_tcp: 1 } }
instances:
  - name: edge
    interface: eth0
    vrid: 51
    priority: ${host === 'director' ? 150 : 100}
    advertise: 100ms
    addresses: [${WEB}/32, ${SHOP}/32]
services:${service('web', WEB)}${service('shop', SHOP)}
`;

type Way = 'cli' | 'curl' | 'client';
const WAYS: readonly Way[] = ['cli', 'curl', 'client'];

interface Step {
  readonly name: string;
  /** One after the other: what an operator sets holds on the director where it was set. */
  readonly on: readonly DirectorHost[];
  readonly cli: string;
  readonly curl: string;
  readonly client: (fairlead: Client) => Promise<unknown>;
  /** What has to come of it. `answer` is JSON where `cli` asks for that, the same each way. */
  readonly proven: (answer: unknown) => void | Promise<void>;
}

const STEPS: readonly Step[] = [
  {
    name: 'look at the pair',
    on: ['director'],
    cli: 'fairlead status --json',
    curl: '$curl $API/status',
    client: (fairlead) => fairlead.getStatus(),
    proven: (answer) =>
      expect(answer).toMatchObject({
        problems: [],
        overrides: [],
        services: [{ name: 'web' }, { name: 'shop' }],
        instances: [{ name: 'edge', state: 'master' }],
      }),
  },
  {
    name: 'drain a server',
    on: PAIR,
    cli: 'fairlead drain web web2 --reason "new disk"',
    curl: `$curl -X POST $API/services/web/servers/web2/drain -d '{"reason": "new disk"}'`,
    client: (fairlead) => fairlead.drainServer({ service: 'web', server: 'web2', body: { reason: 'new disk' } }),
    async proven() {
      expect(await weights(WEB, 'web2')).toEqual(['0', '0']);
      await until('web2 gets no new connection of web', async () => {
        const before = served('web', 'web2');
        await loads.web?.more(50);
        return served('web', 'web2') === before;
      });
    },
  },
  {
    name: 'change a weight',
    on: PAIR,
    cli: 'fairlead weight shop web3 3',
    curl: `$curl -X PUT $API/services/shop/servers/web3/weight -d '{"weight": 3}'`,
    client: (fairlead) => fairlead.setWeight({ service: 'shop', server: 'web3', body: { weight: 3 } }),
    proven: async () => expect(await weights(SHOP, 'web3')).toEqual(['3', '3']),
  },
  {
    name: 'see what is set',
    on: ['standby'],
    cli: 'fairlead overrides --json',
    curl: '$curl $API/overrides',
    client: (fairlead) => fairlead.listOverrides(),
    proven: (answer) =>
      expect(answer).toMatchObject({
        overrides: [
          { id: 'drain:server/web/web2', reason: 'new disk' },
          { id: 'weight:server/shop/web3', value: 3 },
        ],
      }),
  },
  {
    name: 'fail over',
    on: ['director'],
    cli: 'fairlead failover edge --to-peer',
    curl: `$curl -X POST $API/instances/edge/failover -d '{"to": "peer"}'`,
    client: (fairlead) => fairlead.failOver({ instance: 'edge', body: { to: 'peer' } }),
    proven: () => heldBy('standby'),
  },
  {
    name: 'fail back',
    on: ['director'],
    cli: 'fairlead failover edge',
    curl: `$curl -X POST $API/instances/edge/failover -d '{"to": "other"}'`,
    client: (fairlead) => fairlead.failOver({ instance: 'edge' }),
    proven: () => heldBy('director'),
  },
  {
    name: 'undo the drain',
    on: PAIR,
    cli: 'fairlead undrain web web2',
    curl: '$curl -X POST $API/services/web/servers/web2/undrain',
    client: (fairlead) => fairlead.undrainServer({ service: 'web', server: 'web2' }),
    async proven() {
      expect(await weights(WEB, 'web2')).toEqual(['1', '1']);
      const before = served('web', 'web2');
      await until('web2 serves web again', () => served('web', 'web2') > before);
    },
  },
  {
    name: 'undo the weight',
    on: PAIR,
    cli: 'fairlead weight shop web3 --clear',
    curl: '$curl -X DELETE $API/services/shop/servers/web3/weight',
    client: (fairlead) => fairlead.clearWeight({ service: 'shop', server: 'web3' }),
    proven: async () => expect(await tables()).toEqual(asTheFileSays),
  },
  {
    name: 'read the report',
    on: ['director'],
    cli: 'fairlead report --json',
    curl: '$curl $API/report',
    client: (fairlead) => fairlead.getReport(),
    proven(answer) {
      const objects = (answer as { objects: { kind: string; name: string; incidents: object[] }[] }).objects;
      const told = new Map(objects.map(({ kind, name, incidents }) => [`${kind} ${name}`, incidents]));
      expect(told.get('service web')).toEqual([]);
      expect(told.get('service shop')).toEqual([]);
      const [drained] = told.get('server web/web2') ?? [];
      expect(drained).toMatchObject({ kind: 'planned', cause: 'drained by the operator', end: expect.any(String) });
      expect(Date.parse((drained as { start: string }).start)).toBeGreaterThanOrEqual(began);
    },
  },
];

const loads: Record<string, Load> = {};
const running: RunningDirector[] = [];
let asTheFileSays: string[][] = [];
/** Of the way that is gone now; milliseconds since 1970. */
let began = 0;

const tables = (): Promise<string[][]> => Promise.all(PAIR.map((host) => kernelTable(host)));
const served = (name: string, server: string): number => loads[name]?.served.get(server) ?? 0;
const weights = async (address: string, server: string): Promise<(string | undefined)[]> =>
  (await tables()).map((lines) => {
    const line = lines.find((text) => text.startsWith(`-a -t ${address}:80 -r 10.0.2.1${server.at(-1)}:80 `));
    return line?.split(' -w ')[1];
  });

async function heldBy(host: DirectorHost): Promise<void> {
  await until(`${host} alone holds both addresses`, async () => {
    const shown = await Promise.all(
      PAIR.map((each) => lab.exec(each, ['ip', '-br', '-4', 'address', 'show', 'dev', 'eth0'])),
    );
    const held = shown.map(({ stdout }) => [WEB, SHOP].filter((address) => stdout.includes(`${address}/32`)).length);
    return held.join() === PAIR.map((each) => (each === host ? 2 : 0)).join();
  });
}

const onServers = (action: 'add' | 'delete'): Promise<unknown> =>
  Promise.all(SERVERS.map((server) => lab.exec(server, ['ip', 'address', action, `${SHOP}/32`, 'dev', 'lo'])));

beforeAll(async () => {
  await onServers('add');
  running.push(...(await Promise.all(PAIR.map((host) => startDirector(fileFor(host), host)))));
  await heldBy('director');
  await until('all servers are in both tables', async () =>
    (await tables()).every((lines) => lines.filter((line) => line.startsWith('-a')).length === 2 * SERVERS.length),
  );
  asTheFileSays = await tables();
  for (const [name, address] of Object.entries({ web: WEB, shop: SHOP })) loads[name] = await Load.start(20, address);
  await until('every server serves', () => Object.values(loads).every((load) => load.served.size === SERVERS.length));
});

afterAll(async () => {
  for (const load of Object.values(loads)) await load.stop();
  for (const director of running) await director.stop();
  for (const host of PAIR) {
    await cleanDirector(host);
    await lab.exec(host, ['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/vs/sloppy_tcp']);
  }
  await onServers('delete');
});

const PRELUDE = `API=http://fairlead/api/v1
curl="curl -sS --fail-with-body --unix-socket ${DEFAULT_SOCKET} -H Content-Type:application/json"
`;
const shell = (script: string): string[] => ['sh', '-c', script];
/** What is run on the director. The row of a client refers to nothing outside itself, so its text is the program. */
const COMMANDS: Readonly<Record<Way, (step: Step) => string[]>> = {
  cli: ({ cli }) => shell(cli),
  curl: ({ curl }) => shell(PRELUDE + curl),
  client: ({ client }) => [
    'node',
    '--input-type=module',
    '--eval',
    `import { connect } from 'fairlead/client';
    const step = ${client};
    console.log(JSON.stringify(await step(connect())));`,
  ],
};

async function take(step: Step, way: Way, host: DirectorHost): Promise<unknown> {
  const { code, stdout, stderr } = await lab.exec(host, COMMANDS[way](step), { cwd: ROOT_DIRECTORY });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  return way !== 'cli' || step.cli.endsWith('--json') ? JSON.parse(stdout) : stdout;
}

describe.each(WAYS)('%s', (way) => {
  beforeAll(() => {
    began = Date.now();
  });

  for (const step of STEPS) {
    test(`${step.name}: ${String(step[way])}`, async () => {
      let answer: unknown;
      for (const host of step.on) answer = await take(step, way, host);
      await step.proven(answer);
      await Promise.all(Object.values(loads).map((load) => load.more(15)));
      expect(Object.values(loads).map(({ failed }) => Object.fromEntries(failed))).toEqual([{}, {}]);
    });
  }
});
