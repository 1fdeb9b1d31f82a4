import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { CheckKind } from '../../src/config/checks/index.ts';
import { initialVerdict, judge, type RememberingVerdict } from '../../src/health/verdict.ts';
import { freePort } from '../support/free-port.ts';
import { probe } from '../support/probe/ask.ts';
import { tcpServer } from '../support/probe/stub.ts';
import { type HaproxyState, haproxyWatching, statesOf } from '../support/servers/haproxy.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

/** HAProxy asks the same stubs as we do, and comes to the same, or to something else that we want (docs/health.md). */

let server: RunningServer | undefined;
afterEach(() => server?.stop());

/** In the end: `up 50%`, `drain`, `maint`, `down`. */
const inWords = ({ up, admin, percent }: HaproxyState): string =>
  admin === 'maint' ? 'maint' : up ? `${admin === 'drain' ? 'drain' : 'up'} ${percent}%` : 'down';

const ours = ({ status, reported = {} }: RememberingVerdict): string => {
  const percent = reported.weight && 'percent' in reported.weight ? reported.weight.percent : 100;
  return inWords({ up: status === 'up', admin: reported.admin ?? 'ready', percent });
};

/** A server that answers one thing until it is told another. */
async function stub(answer: (socket: Socket, what: string) => void) {
  let what = '';
  let count = 0;
  let wake: () => void = () => {};
  const port = await tcpServer((socket) => {
    answer(socket, what);
    count++;
    wake();
  });
  return {
    port,
    /** Resolves when it was asked often enough since, so that the answer has been thought about. */
    async says(next: string): Promise<void> {
      what = next;
      const enough = count + 3;
      while (count < enough) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** Rows of the table in the documentation. */
const documented = (): string[] =>
  readFileSync('docs/health.md', 'utf8')
    .split('\n')
    .filter((line) => /^\|.*\| (up|down|drain)\b[^|]*\| (up|down)\b[^|]*\|/.test(line))
    .map((line) => line.split(' | ').slice(0, 3).join(' | '));
const inDocs = ([answer, haproxy, own]: readonly [string, string, string?]): string =>
  `| ${answer === '' ? 'nothing' : `\`${answer}\``} | ${haproxy} | ${own}`;

/** Lines of an agent one after the other, divided by ` > `, and what HAProxy makes of them; then, where we make something else of
 *  them, that. */
const LINES: readonly (readonly [lines: string, haproxy: string, ours?: string])[] = [
  ['up', 'up 100%'],
  ['down', 'down'],
  ['stopped', 'down'],
  ['fail', 'down'],
  ['failed', 'up 100%', 'down'],
  ['drain', 'drain 100%'],
  ['maint', 'maint'],
  ['ready', 'up 100%'],
  ['50%', 'up 50%'],
  ['0%', 'up 0%'],
  ['100%', 'up 100%'],
  ['300%', 'up 256%', 'up 300%'],
  ['-5%', 'up 100%', 'down'],
  ['50', 'up 100%', 'down'],
  ['maxconn:30', 'up 100%'],
  ['up maxconn:30 75%', 'up 75%'],
  ['UP', 'up 100%'],
  ['up 50%', 'up 50%'],
  ['up,50%', 'up 50%'],
  ['up\t50%', 'up 50%'],
  ['50% up', 'up 50%'],
  ['50% 75%', 'up 75%'],
  ['drain 50%', 'drain 50%'],
  ['drain up', 'drain 100%'],
  ['drain down', 'down'],
  ['drain ready', 'up 100%'],
  ['maint up', 'maint'],
  ['ready down', 'down'],
  ['up down', 'down'],
  ['down up', 'up 100%'],
  ['down #too hot 50%', 'down'],
  ['up #maint', 'up 100%'],
  ['', 'up 100%', 'down'],
  ['#', 'up 100%'],
  ['garbage', 'up 100%', 'down'],
  ['up garbage', 'up 100%', 'down'],
  ['HTTP/1.1 200 OK', 'up 100%', 'down'],
  ['drain > up', 'drain 100%'],
  ['drain > ready', 'up 100%'],
  ['drain > 50%', 'drain 50%'],
  ['maint > up', 'maint'],
  ['maint > ready', 'up 100%'],
  ['maint > ready up', 'up 100%'],
  ['50% > up', 'up 50%'],
  ['50% > 100%', 'up 100%'],
  ['down > ready', 'down', 'up 100%'],
  ['down > 50%', 'down', 'up 50%'],
  ['down > up', 'up 100%'],
  ['down > garbage', 'down'],
  ['drain > garbage', 'drain 100%', 'down'],
];

test('agent: each line of the protocol', async () => {
  const stubs = await Promise.all(LINES.map(() => stub((socket, line) => void socket.end(`${line}\n`))));
  const steps = LINES.map(([lines]) => lines.split(' > '));
  const verdicts = LINES.map(() => initialVerdict(0, false) as RememberingVerdict);
  const say = (step: number) =>
    Promise.all(stubs.map((each, index) => each.says(steps[index]?.[step] ?? steps[index]?.at(-1) ?? '')));
  const nobody = await freePort();
  const ports = [...stubs.map(({ port }) => port), nobody];
  const watched = ports.map((port) => ({ port, how: `agent-check agent-inter 50 agent-port ${port}` }));
  const first = say(0);
  server = await startServer(haproxyWatching(watched));
  await first;
  for (const step of [0, 1]) {
    if (step > 0) await say(step);
    for (const [index, { port }] of stubs.entries()) {
      const found = await probe('agent', port);
      verdicts[index] = judge({ rise: 1, fall: 1 }, verdicts[index] as RememberingVerdict, found);
    }
  }
  const theirs = (await statesOf(server)).map(inWords);
  const found = LINES.map(([lines], index) => {
    const [a = '', b = ''] = [theirs[index], ours(verdicts[index] as RememberingVerdict)];
    return a === b ? [lines, a] : [lines, a, b];
  });
  expect(found).toEqual(LINES);
  expect([theirs.at(-1), (await probe('agent', nobody)).ok]).toEqual(['up 100%', false]);
});

/** Answers to a GET, what HAProxy takes the server for, and what we do where that is something else. */
const ANSWERS: readonly (readonly [answer: string, haproxy: string, ours?: string])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'up'],
  ['HTTP/1.0 200 OK\r\n\r\n', 'up'],
  ['HTTP/1.1 204 No Content\r\n\r\n', 'up'],
  ['HTTP/1.1 299 Fine\r\n\r\n', 'up'],
  ['HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n', 'up'],
  ['HTTP/1.1 399 Odd\r\n\r\n', 'up'],
  ['HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n', 'down'],
  ['HTTP/1.1 404 Where\r\nContent-Length: 0\r\n\r\n', 'down'],
  ['HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n', 'down'],
  ['HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'down'],
  ['HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'down', 'up'],
  ['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 'up'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort', 'up'],
  ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'down'],
  ['HTTP/1.1 200 OK\r\nA: b\r\n', 'down'],
  ['HTTP/1.1 20', 'down'],
  ['HTTP/2.0 200 OK\r\n\r\n', 'up', 'down'],
  ['HTTP/1.1 2000 OK\r\n\r\n', 'down'],
  ['220 mail ESMTP\r\n', 'down'],
  ['', 'down'],
];

test('httpchk: each kind of answer', async () => {
  const kind: CheckKind = 'http';
  const stubs = await Promise.all(
    ANSWERS.map(([answer]) => stub((socket) => socket.once('data', () => socket.end(answer)))),
  );
  server = await startServer(
    haproxyWatching(
      stubs.map(({ port }) => ({ port, how: 'check' })),
      'option httpchk GET /healthz',
    ),
  );
  await Promise.all(stubs.map((each) => each.says('')));
  const theirs = await statesOf(server);
  const found = await Promise.all(
    ANSWERS.map(async ([answer], index) => {
      const [a, b] = [theirs[index]?.up, (await probe(kind, stubs[index]?.port ?? 0)).ok].map((up) =>
        up ? 'up' : 'down',
      );
      return a === b ? [answer, a] : [answer, a, b];
    }),
  );
  expect(found).toEqual(ANSWERS);
});

test('what differs is documented, and nothing else', () => {
  const lines = LINES.filter((row) => row.length === 3).map(inDocs);
  const answers = ANSWERS.filter((row) => row.length === 3).map(([answer, ...rest]) =>
    inDocs([
      answer
        .split('\r\n')
        .filter((line) => line.startsWith('HTTP/'))
        .join(' > '),
      ...rest,
    ]),
  );
  const nobody = '| no agent at its port | up 100% | down';
  expect(documented().sort()).toEqual([...lines, ...answers, nobody].sort());
});
