import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { HealthDriver } from '../../../../src/daemon/health/driver.ts';
import { runProgram } from '../../../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../../../src/kernel/probe-engine.ts';
import { createProber } from '../../../../src/probe/index.ts';
import { until, World } from '../../../support/health.ts';

/** What servers that mean ill cost the driver as a whole: many of each kind at once, beside one that is well. */

const drivers: HealthDriver[] = [];
let servers: Worker | undefined;
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.stop();
  await servers?.terminate();
});

/** Runs beside us, so that their work is not taken for ours. */
const SERVERS = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const { gzipSync } = require('node:zlib');

const endless = (head, part) => (socket) => {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write(part));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};
const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
const drip = (socket) => {
  const timer = setInterval(() => socket.write('H'), 20);
  socket.on('close', () => clearInterval(timer));
};
const KINDS = {
  well: (socket) => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nfine'),
  'headers without end': endless('HTTP/1.1 200 OK\\r\\n', 'X-More: ' + 'a'.repeat(4000) + '\\r\\n'),
  'a body without end': endless('HTTP/1.1 200 OK\\r\\nContent-Length: 99999999999\\r\\n\\r\\n', Buffer.alloc(16384, 65)),
  'a banner without end': endless('', Buffer.alloc(16384, 65)),
  'a compression bomb': (socket) => {
    socket.write('HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\nContent-Length: ' + bomb.length + '\\r\\n\\r\\n');
    socket.end(bomb);
  },
  'one byte now and then': drip,
  'chunks of one byte without end': endless('HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n', '1\\r\\na\\r\\n'.repeat(500)),
  silence: () => {},
};
const opening = Object.entries(KINDS).map(([kind, act]) => new Promise((resolve) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    act(socket);
  });
  server.listen(0, '0.0.0.0', () => resolve([kind, server.address().port]));
}));
Promise.all(opening).then((ports) => parentPort.postMessage(ports));
`;

async function serve(): Promise<Map<string, number>> {
  servers = new Worker(SERVERS, { eval: true });
  return new Map(await new Promise<[string, number][]>((resolve) => servers?.once('message', resolve)));
}

const CLOCK = { now: () => performance.now(), wall: () => Date.now() };
const EACH = 15;

test('servers that mean ill cost bounded memory, and the others keep their rhythm', { timeout: 60_000 }, async () => {
  const ports = await serve();
  const well = ports.get('well');
  ports.delete('well');
  const check = { http: { path: '/', body: 'fine' }, every: '100ms', timeout: '100ms', rise: 1, fall: 2 };
  const hostile = [...ports.values()].flatMap((port) =>
    Array.from({ length: EACH }, (_, i) => ({ address: `127.0.1.${i + 1}`, port })),
  );
  const world = new World({
    services: [
      {
        name: 'web',
        listen: ['tcp://127.0.0.100:80'],
        forward: 'nat',
        check,
        servers: [...hostile, { name: 'well', address: '127.0.0.1', port: well }],
      },
    ],
  });
  const { store } = world;
  const prober = createProber(CLOCK, runProgram, openProbeEngine());
  const driver = new HealthDriver({ prober, clock: CLOCK, random: () => 0.5, store, onChange() {} });
  drivers.push(driver);
  const before = process.memoryUsage().rss;
  driver.sync(null, store.get().desired, new Set());
  const status = (key: string) => store.get().verdicts.get(key)?.status;
  await until(() => status('web/well') === 'up', 'the good one is up');
  let most = before;
  for (let round = 0; round < 15; round++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    most = Math.max(most, process.memoryUsage().rss);
  }
  const verdicts = [...store.get().verdicts].filter(([key]) => key !== 'web/well');
  expect(verdicts.filter(([, verdict]) => verdict.status === 'up')).toEqual([]);
  await until(() => status('web/well') === 'up', 'the good one is up still, or again');
  store.gather();
  const counted = [...store.counts.checks].map(([key, { outcomes }]) => ({
    key,
    count: [...outcomes.values()].reduce((sum, count) => sum + count, 0),
  }));
  const sumOf = (mine: (key: string) => boolean) =>
    counted.filter(({ key }) => mine(key)).reduce((sum, { count }) => sum + count, 0);
  const good = sumOf((key) => key === 'web/well');
  const bad = sumOf((key) => key !== 'web/well');
  expect(good).toBeGreaterThan(0);
  expect(bad).toBeGreaterThan(hostile.length);
  // Their buffers are in this process too; all that they send would be gigabytes.
  expect((most - before) / 1024 / 1024).toBeLessThan(400);
});
