import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Operations } from '../../../src/api/client.ts';
import { ROUTES } from '../../../src/api/routes/index.ts';
import type { Connection } from '../../../src/model/connection.ts';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

/** Which server clients get, and which connections there are. */

const SERVICES = `services:
  - name: web
    listen: ["tcp://10.0.0.100:80"]
    scheduler: mh
    servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }, { name: r3, address: 10.0.0.13 }]
  - { name: turns, listen: ["tcp://10.0.0.100:81"], scheduler: rr, servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }] }
  - { name: marked, listen: ["fwmark://7"], scheduler: rr, servers: [{ name: m1, address: 10.0.0.21 }] }
instances: [{ name: edge, interface: eth0, vrid: 51, addresses: [10.0.0.200/24] }]
`;

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector({ services: SERVICES });
});
afterEach(() => served.stop());

const connection = (change: Partial<Connection>): Connection => ({
  protocol: 'tcp',
  client: '192.0.2.7',
  clientPort: 40000,
  virtual: '10.0.0.100',
  virtualPort: 80,
  destination: '10.0.0.11',
  destinationPort: 80,
  state: 'ESTABLISHED',
  expiresS: 900,
  engine: null,
  ...change,
});

type Line = Operations['listConnections']['line'];

async function connections(args: Operations['listConnections']['args'] = {}): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of served.client.listConnections(args)) lines.push(ROUTES.listConnections.answer.parse(line));
  return lines;
}

describe('explain and predict', () => {
  test('explain names the server of a client, and the whole chain of every server', async () => {
    const answer = await served.client.explain({ client: '192.0.2.7', service: 'web' });
    expect(ROUTES.explain.answer.parse(answer)).toMatchObject({ client: '192.0.2.7', service: 'web' });
    const [only] = answer.listeners;
    expect(only).toMatchObject({ listener: 'tcp://10.0.0.100:80', kind: 'destination' });
    expect(only?.destination).toBe(`10.0.0.1${only?.server?.slice(1)}:80`);
    expect(answer.servers.map(({ name }) => name)).toEqual(['r1', 'r2', 'r3']);
    expect(answer.servers[0]?.chain.join('\n')).toContain('kernel: weight 1, 0 active and 0 inactive connections');
    const turns = await served.client.explain({ client: '192.0.2.7:40000', service: 'tcp://10.0.0.100:81' });
    expect(turns.listeners).toMatchObject([{ client: '192.0.2.7:40000', kind: 'unpredictable', server: null }]);
  });

  test('predict agrees with explain for every client of a network, and tells who moves without a server', async () => {
    const forecast = await served.client.predict({
      service: 'web',
      clients: '192.0.2.0/26,198.51.100.1',
      without: 'r2',
    });
    const [web] = ROUTES.predict.answer.parse(forecast).listeners;
    expect(web?.clients).toHaveLength(65);
    expect(web?.clients[7]?.client).toBe('192.0.2.7');
    for (const { client, server, without } of web?.clients ?? []) {
      expect((await served.client.explain({ client, service: 'web' })).listeners[0]?.server).toBe(server);
      expect(without?.server).not.toBe('r2');
    }
    expect(web?.servers.reduce((sum, each) => sum + each.clients, 0)).toBe(65);
    // A third of Maglev's table is r2's.
    expect(web?.removal?.left).toBeCloseTo(1 / 3, 2);
    expect(web?.removal?.others).toBeLessThan(0.1);
    expect(web?.removal?.refused).toBe(0);
    expect((await served.client.predict({ service: 'turns', without: 'r1' })).listeners).toMatchObject([
      { clients: [], removal: null },
    ]);
  });

  test.each([
    [{ client: '192.0.2', service: 'web' }, 'usage'],
    [{ client: '192.0.2.0/31', service: 'web' }, 'usage'],
    [{ client: '2001:db8::7', service: 'web' }, 'usage'],
    [{ client: '192.0.2.7', service: 'webb' }, 'not-found'],
  ])('explain refuses %j', async (args, code) => {
    await expect(served.client.explain(args)).rejects.toMatchObject({ code });
  });

  test.each([
    [{ service: 'web', clients: '192.0.0.0/16' }, 'usage'],
    [{ service: 'web', clients: '192.0.2.0/33' }, 'usage'],
    [{ service: 'web', without: 'r9' }, 'not-found'],
  ])('predict refuses %j', async (args, code) => {
    await expect(served.client.predict(args)).rejects.toMatchObject({ code });
  });
});

describe('connections', () => {
  beforeEach(() => {
    served.kernel.ipvs.connectionTable = [
      connection({}),
      connection({ client: '192.0.2.8', destination: '10.0.0.12', state: 'FIN_WAIT' }),
      connection({ virtualPort: 81, destinationPort: 81 }),
      connection({ virtual: '203.0.113.5', virtualPort: 443, destination: '10.0.0.21', destinationPort: 443 }),
      connection({ destination: '10.0.0.99' }),
      connection({ virtualPort: 9999, destination: '10.9.9.9' }),
    ];
  });

  test('each is told with the service and server of the file it belongs to; the last line says how it ended', async () => {
    const lines = await connections();
    expect(lines.map((line) => ('end' in line ? line : [line.service, line.server]))).toEqual([
      ['web', 'r1'],
      ['web', 'r2'],
      ['turns', 'r1'],
      ['marked', 'm1'],
      ['web', null],
      [null, null],
      { end: 'complete', given: 6, scanned: 6 },
    ]);
  });

  test.each([
    [{ service: 'web' }, 3],
    [{ server: 'r1' }, 2],
    [{ service: 'web', server: 'r1' }, 1],
    [{ client: '192.0.2.8' }, 1],
    [{ state: 'FIN_WAIT' }, 1],
    [{ protocol: 'udp' as const }, 0],
  ])('filter %j', async (args, given) => {
    const lines = await connections(args);
    expect(lines).toHaveLength(given + 1);
    expect(lines.at(-1)).toEqual({ end: 'complete', given, scanned: 6 });
  });

  test('a limit is told, and an answer of many pieces comes whole', async () => {
    expect((await connections({ limit: 2 })).at(-1)).toMatchObject({ end: 'limit', given: 2 });
    served.kernel.ipvs.connectionTable = Array.from({ length: 5000 }, (_, i) =>
      connection({ client: `10.0.${i >> 8}.${i & 255}` }),
    );
    const lines = await connections();
    expect(new Set(lines.map((line) => ('end' in line ? line.end : line.client))).size).toBe(5001);
  });

  test('a table that cannot be read, a name that is not there and what is no address are refused', async () => {
    served.kernel.failNextCall('ipvs-missing');
    await expect(connections()).rejects.toMatchObject({ code: 'ipvs-missing', problem: { status: 503 } });
    await expect(connections({ service: 'webb' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(connections({ client: 'somebody' })).rejects.toMatchObject({ code: 'usage' });
  });

  test('a third reader is refused while two read, and one that leaves makes room', async () => {
    served.kernel.ipvs.connectionTable = Array.from({ length: 20_000 }, () => connection({}));
    const readers = [
      served.client.listConnections({ limit: 20_000 }),
      served.client.listConnections({ limit: 20_000 }),
    ];
    for (const reader of readers) await reader.next();
    await expect(connections()).rejects.toMatchObject({ code: 'busy' });
    for (const reader of readers) await reader.return();
    await expect
      .poll(() =>
        connections({ limit: 1 }).then(
          (lines) => lines.length,
          () => 0,
        ),
      )
      .toBe(2);
  });

  test('readers that leave before the first line make room', async () => {
    const { connections: read } = served.director;
    const begun: (() => void)[] = [];
    vi.spyOn(served.director, 'connections').mockImplementation((query) => {
      const table = read.call(served.director, query);
      return {
        get end() {
          return table.end;
        },
        get scanned() {
          return table.scanned;
        },
        async *[Symbol.asyncIterator]() {
          await new Promise<void>((resolve) => begun.push(resolve));
          yield* table;
        },
      };
    });
    for (const reader of [1, 2]) {
      const asked = request({ socketPath: served.socket, path: '/api/v1/connections' }).on('error', () => {});
      asked.end();
      await expect.poll(() => begun.length).toBe(reader);
      asked.destroy();
    }
    // The daemon hears of both before the first line is there.
    expect(await served.client.getDirector()).toBeDefined();
    for (const begin of begun) begin();
    vi.restoreAllMocks();
    await expect
      .poll(() =>
        connections({ limit: 1 }).then(
          (lines) => lines.length,
          () => 0,
        ),
      )
      .toBe(2);
  });
});

test('history tells changes of health and of roles, the newest first, in parts', async () => {
  const change = (at: number, status: 'up' | 'down') => ({ at, status, why: `at ${at}` });
  served.director.store.set({
    transitions: new Map([
      ['web/r1', [change(1000, 'down'), change(3000, 'up')]],
      ['turns/r1', [change(2000, 'down')]],
    ]),
    roleChanges: new Map([['edge', [{ at: 2500, status: 'master', why: 'nobody was heard' }]]]),
  });
  const { changes } = await served.client.listHistory();
  expect(ROUTES.listHistory.answer.parse({ changes, next: null }).changes).toEqual(changes);
  expect(changes.map(({ service, name, atMs, state }) => [service, name, atMs, state])).toEqual([
    ['web', 'r1', 3000, 'up'],
    [null, 'edge', 2500, 'master'],
    ['turns', 'r1', 2000, 'down'],
    ['web', 'r1', 1000, 'down'],
  ]);
  const first = await served.client.listHistory({ limit: 2 });
  expect(first.changes).toEqual(changes.slice(0, 2));
  expect(await served.client.listHistory({ cursor: first.next ?? '' })).toEqual({
    changes: changes.slice(2),
    next: null,
  });
  expect((await served.client.listHistory({ service: 'web', afterMs: 1000 })).changes).toEqual(changes.slice(0, 1));
  expect((await served.client.listHistory({ instance: 'edge' })).changes).toEqual(changes.slice(1, 2));
});
