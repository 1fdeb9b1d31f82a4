import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../../src/api/client.ts';
import { type RouteName, rowOf } from '../../../src/api/routes/index.ts';
import { openConnections, type ServedDirector, servedDirector } from '../../support/api.ts';

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly allow: string | undefined;
}

function http(method: string, path: string, options: { body?: string; type?: string } = {}): Promise<Answer> {
  const headers = options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: served.socket, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          allow: response.headers.allow,
          text,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** The answer of a route, which has to be what its schema says. */
async function got(name: RouteName, path: string): Promise<unknown> {
  const { status, text } = await http('GET', path);
  expect(status).toBe(200);
  return rowOf(name).answer.parse(JSON.parse(text));
}

describe('every reading route answers what its schema says', () => {
  test.each([
    ['getDirector', '/api/v1/director'],
    ['getStatus', '/api/v1/status'],
    ['getJudgement', '/api/v1/judgement'],
    ['listSyncDaemons', '/api/v1/sync'],
    ['listSysctls', '/api/v1/sysctls'],
    ['getOpenapi', '/api/v1/openapi.json'],
    ['getHealth', '/healthz'],
    ['getReadiness', '/readyz'],
    ['listServices', '/api/v1/services'],
    ['getService', '/api/v1/services/web'],
    ['listServers', '/api/v1/servers'],
    ['getServer', '/api/v1/services/web/servers/r1'],
    ['listChecks', '/api/v1/checks'],
    ['listInstances', '/api/v1/instances'],
    ['listOperations', '/api/v1/operations'],
    ['listOverrides', '/api/v1/overrides'],
    ['listEvents', '/api/v1/events'],
  ] as const)('%s', async (name, path) => {
    await got(name, path);
  });
});

test('a destination tells its counters, which outgrow a double', async () => {
  const [web] = served.kernel.state({ stats: true }).services;
  if (!web) throw new Error('no service');
  const inBytes = 2n ** 60n + 1n;
  served.kernel.ipvs.setStats(web.service.id, { address: '10.0.0.11', port: 80 }, { connections: 7n, inBytes });
  await served.director.reconciler.observe({ stats: true });
  const { listeners } = await served.client.getService({ service: 'web' });
  expect(listeners[0]?.destinations.find(({ key }) => key === '10.0.0.11:80')).toMatchObject({
    connections: '7',
    inBytes: '1152921504606846977',
    outBytes: '0',
  });
});

test('a list comes in parts that together are the whole', async () => {
  const names: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await served.client.listServers({ limit: 2, ...(cursor && { cursor }) });
    expect(page.servers.length).toBeLessThanOrEqual(2);
    names.push(...page.servers.map(({ service, name }) => `${service}/${name}`));
    cursor = page.next;
  } while (cursor !== null);
  expect(names).toEqual(['web/r1', 'web/r2', 'dns/10.0.0.13', 'checked/10.0.0.14']);
  expect((await served.client.listServers({ service: 'web' })).servers.map(({ name }) => name)).toEqual(['r1', 'r2']);
  const { checks } = await served.client.listChecks();
  expect(checks).toMatchObject([{ service: 'checked', kind: 'tcp', everyMs: 3_600_000 }]);
});

test('a drain holds when it is answered, and its operation follows the connections to their end', async () => {
  openConnections(served.kernel, '10.0.0.12', 3);
  const begun = await served.client.drainServer({ service: 'web', server: 'r2' });
  expect(begun).toMatchObject({ state: 'running', openConnections: 3, initialConnections: 3, endedAtMs: null });
  expect(await served.client.getServer({ service: 'web', server: 'r2' })).toMatchObject({
    administrative: 'drain',
    weight: 0,
  });
  const again = await served.client.drainServer({ service: 'web', server: 'r2' });
  expect(again.id).toBe(begun.id);
  openConnections(served.kernel, '10.0.0.12', 0);
  // Asked at a pace: a loop without one meets the limit of requests on a fast machine.
  const operation = await vi.waitUntil(
    async () => {
      const now = await served.client.getOperation({ operation: begun.id });
      return now.state !== 'running' && now;
    },
    { timeout: 30_000, interval: 20 },
  );
  expect(operation).toMatchObject({ state: 'done', openConnections: 0, initialConnections: 3 });
  expect(await served.client.undrainServer({ service: 'web', server: 'r2' })).toMatchObject({
    administrative: 'enabled',
    weight: 1,
  });
});

test('to cancel a drain is to let the server serve again', async () => {
  openConnections(served.kernel, '10.0.0.11', 1);
  const { id } = await served.client.drainServer({ service: 'web', server: 'r1' });
  expect(await served.client.cancelOperation({ operation: id })).toMatchObject({ state: 'cancelled' });
  expect(await served.client.getServer({ service: 'web', server: 'r1' })).toMatchObject({ administrative: 'enabled' });
});

test('events are a list, and a stream that begins with what was kept and goes on', async () => {
  const { events, lastId } = await served.client.listEvents();
  expect(events.at(-1)?.id).toBe(lastId);
  const stop = new AbortController();
  const heard: string[] = [];
  for await (const event of served.client.events({ kind: 'operator' }, { signal: stop.signal })) {
    heard.push(event.text);
    if (heard.length === 2) stop.abort();
  }
  const by = `(by user ${userInfo().username})`;
  expect(heard).toEqual([`web/r1 is drained: no new connections ${by}`, `web/r1 serves again ${by}`]);
}, 20_000);

beforeEach(({ task }) => {
  if (!task.name.startsWith('events')) return;
  // Told while the stream is read, and before it.
  setTimeout(() => void served.client.drainServer({ service: 'web', server: 'r1' }), 20);
  setTimeout(() => void served.client.undrainServer({ service: 'web', server: 'r1' }), 300);
});

test('a reader that wants to stay asks again when the daemon was away, and hears nothing twice and misses nothing', async () => {
  const stop = new AbortController();
  const [heard, told]: [string[], (string | null)[]] = [[], []];
  const { store } = served.director;
  const onLost = (reason: string | null): void => {
    if (told.push(reason) === 1) void served.serve();
  };
  store.tell('problem', 'one');
  const events = served.client.events({ kind: 'problem' }, { signal: stop.signal, onLost });
  for await (const { text } of events) {
    heard.push(text);
    if (text === 'one') {
      await served.silence();
      store.tell('problem', 'two');
    } else if (text === 'two') store.tell('problem', 'three');
    else stop.abort();
  }
  expect(heard).toEqual(['one', 'two', 'three']);
  expect(told.at(-1)).toBeNull();
}, 60_000);

test('a reader whose first connection fails is told, and one that is refused as well', async () => {
  const read = async (args: { kind?: string }, how: { onLost(): void }): Promise<void> => {
    for await (const _ of served.client.events(args, how)) break;
  };
  const how = { onLost: () => expect.unreachable('it never was there') };
  await expect(read({ kind: 'noise' }, how)).rejects.toMatchObject({ code: 'usage' });
  await served.silence();
  await expect(read({}, how)).rejects.toMatchObject({ code: 'daemon-unreachable' });
  await served.serve();
});

test('Last-Event-ID goes on after that event, and one of an earlier life replays everything', async () => {
  const stream = (last: string | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
      const sent = request({ socketPath: served.socket, path: '/api/v1/events', headers }, (response) => {
        response.on('data', (part: Buffer) => {
          text += part.toString();
          // What is kept comes in one go; then the stream waits.
          setTimeout(() => sent.destroy(), 100);
        });
        response.on('error', () => {});
        response.on('close', () => resolve(text));
      });
      let text = '';
      sent.on('error', (error) => (text === '' ? reject(error) : undefined));
      sent.end();
    });
  const ids = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);
  const all = ids(await stream(undefined));
  expect(all.length).toBeGreaterThan(1);
  expect(ids(await stream(all[0]))).toEqual(all.slice(1));
  expect(ids(await stream('earlier-9999'))).toEqual(all);
});

describe('a request that is refused says why as a problem, and changes nothing', () => {
  test.each([
    ['GET', '/api/v1/nothing', undefined, 404, 'no-route'],
    ['GET', '/api/v1/services/webb', undefined, 404, 'not-found'],
    ['GET', '/api/v1/services/web/servers/r9', undefined, 404, 'not-found'],
    ['POST', '/api/v1/services/web/servers/r9/drain', undefined, 404, 'not-found'],
    ['GET', '/api/v1/operations/1', undefined, 404, 'not-found'],
    ['GET', '/api/v1/instances/edge/role', undefined, 404, 'not-found'],
    ['GET', '/api/v1/services?limit=0', undefined, 400, 'usage'],
    ['GET', '/api/v1/services?limitt=5', undefined, 400, 'usage'],
    ['GET', '/api/v1/services?cursor=AAAA', undefined, 400, 'usage'],
    ['GET', '/api/v1/events?kind=noise', undefined, 400, 'usage'],
    ['PUT', '/api/v1/maintenance', '{"on":"yes"}', 400, 'usage'],
    ['PUT', '/api/v1/maintenance', '{"on":true,"off":1}', 400, 'usage'],
    ['PUT', '/api/v1/maintenance', '{"on":', 400, 'usage'],
    ['PUT', '/api/v1/maintenance', `{"on":true,"x":"${'x'.repeat(1024 * 1024)}"}`, 413, 'usage'],
  ])('%s %s %#', async (method, path, body, status, code) => {
    const before = JSON.stringify(served.kernel.state({ stats: false }));
    const answer = await http(method, path, body === undefined ? {} : { body });
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ status, code, type: `urn:fairlead:${code}` });
    expect(served.director.store.get().overrides.rows.size).toBe(0);
    expect(JSON.stringify(served.kernel.state({ stats: false }))).toBe(before);
  });

  test('the client gives it as an error with its code', async () => {
    const refused = await served.client.getService({ service: 'webb' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ code: 'not-found', problem: { status: 404 } });
    expect(String(refused)).toContain('web, dns, checked');
  });
});

test('a client that sends its headers drop by drop is let go', { timeout: 30_000 }, async () => {
  const socket = connectSocket(served.socket);
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n');
  const drops = setInterval(() => socket.write('X: y\r\n'), 500);
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  clearInterval(drops);
  expect((await http('GET', '/healthz')).status).toBe(200);
});

test('readiness is about the kernel; a refused reload is a problem that takes nobody out', async () => {
  served.director.store.set({ refusedReload: 'a.yaml:1:1: no' });
  const fine = await http('GET', '/readyz');
  expect(fine.status).toBe(200);
  const problems = ['the last reload was refused: a.yaml:1:1: no'];
  expect(JSON.parse(fine.text)).toEqual({ ready: true, reasons: [], problems });
  served.director.store.set({
    failures: [{ code: 'kernel', errno: 2, operation: 'add service', text: 'no such scheduler' }],
  });
  const { status, text } = await http('GET', '/readyz');
  expect(status).toBe(503);
  expect(JSON.parse(text)).toEqual({
    ready: false,
    reasons: ['the kernel refused add service: no such scheduler'],
    problems,
  });
});

test.each([
  ['HEAD', '/healthz', 200],
  ['OPTIONS', '/healthz', 200],
  ['OPTIONS', '/readyz', 200],
  ['HEAD', '/metrics', 200],
  ['HEAD', '/api/v1/services', 200],
  ['HEAD', '/api/v1/instances/none/role', 404],
  ['HEAD', '/api/v1/events', 405, 'GET'],
  ['HEAD', '/api/v1/connections', 405, 'GET'],
  ['DELETE', '/api/v1/services/web', 405, 'GET, HEAD'],
  ['GET', '/api/v1/services/web/servers/r1/weight', 405, 'DELETE, PUT'],
  ['POST', '/healthz', 405, 'GET, HEAD, OPTIONS'],
  ['POST', '/metrics', 405, 'GET, HEAD'],
  ['GET', '/api/v1/nothing', 404],
] as const)('%s %s: %i', async (method, path, status, allow?: string) => {
  const answer = await http(method, path);
  expect(answer.status).toBe(status);
  expect(answer.allow).toBe(allow);
  if (method === 'HEAD') expect(answer.text).toBe('');
});
