import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Changed, Notifier } from '../../../src/daemon/notify/index.ts';
import { deferred } from '../../../src/daemon/programs/deferred.ts';
import type { Notify } from '../../../src/model/instance.ts';
import type { Ending, Program, RunProgram } from '../../../src/model/program.ts';

const clock = { now: () => performance.now(), wall: () => Date.now() };
const quiet: Notify = { on: {}, http: null, fifo: null, beforeRelease: null, timeoutMs: 30_000, user: null };
const edge = (state: Changed['state'], notify: Partial<Notify>, name = 'edge'): Changed => ({
  kind: 'INSTANCE',
  name,
  state,
  priority: 150,
  why: 'nobody was heard',
  notify: { ...quiet, ...notify },
});

let problems: string[];
let notifier: Notifier;
beforeEach(() => {
  problems = [];
});
afterEach(() => notifier.stop());

describe('order, over programs that end when the test says so', () => {
  let started: { program: Program; end: (ending?: Partial<Ending>) => Promise<void>; stopped: boolean }[];

  const run: RunProgram = (program) => {
    const ending = deferred<Ending>();
    const over = deferred<void>();
    const settle = (how: Partial<Ending>): void => {
      ending.resolve({ ok: true, outcome: 'exit-0', text: 'ended with 0', ...how });
      over.resolve();
    };
    const end = async (how: Partial<Ending> = {}): Promise<void> => {
      settle(how);
      await vi.advanceTimersByTimeAsync(0);
    };
    const entry = { program, end, stopped: false };
    started.push(entry);
    const stop = (): void => {
      entry.stopped = true;
      settle({ ok: false, outcome: 'stopped' });
    };
    return { ending: ending.promise, over: over.promise, stop };
  };
  const commands = (): string[] => started.map(({ program }) => program.command.join(' '));

  beforeEach(() => {
    vi.useFakeTimers();
    started = [];
    notifier = new Notifier({ clock, run, onProblem: (text) => problems.push(text) });
  });
  afterEach(() => vi.useRealTimers());

  test('hooks of an object run one after the other; objects do not wait for each other', async () => {
    const on = { master: ['/m'], backup: ['/b'], any: ['/any', '-x'] };
    notifier.changed(edge('MASTER', { on, user: 'web', timeoutMs: 500 }));
    notifier.changed(edge('BACKUP', { on }));
    notifier.changed(edge('FAULT', { on }, 'other'));
    expect(commands()).toEqual(['/m', '/any -x INSTANCE other FAULT 150']);
    expect(started[0]?.program).toEqual({
      command: ['/m'],
      user: 'web',
      timeoutMs: 500,
      hear: 'errors',
      environment: {
        FAIRLEAD_KIND: 'INSTANCE',
        FAIRLEAD_INSTANCE: 'edge',
        FAIRLEAD_STATE: 'MASTER',
        FAIRLEAD_PRIORITY: '150',
        FAIRLEAD_WHY: 'nobody was heard',
      },
    });
    await started[0]?.end({ ok: false, outcome: 'exit-1', text: 'ended with 1: no such address' });
    await started[2]?.end();
    await started[3]?.end();
    expect(commands().slice(2)).toEqual(['/any -x INSTANCE edge MASTER 150', '/b', '/any -x INSTANCE edge BACKUP 150']);
    expect(problems).toEqual(['INSTANCE edge MASTER: /m ended with 1: no such address']);
  });

  test('what waits is bounded, and dropping is told', async () => {
    for (let i = 0; i < 102; i++) notifier.changed(edge('MASTER', { on: { master: [`/m${i}`] } }));
    expect(problems).toEqual(['INSTANCE edge: too many changes wait; not run: /m1 for MASTER']);
    await started[0]?.end();
    expect(commands()).toEqual(['/m0', '/m2']);
  });

  test('a release waits for its hook, which waits for its turn, and no longer than its time', async () => {
    const release = { beforeRelease: ['/r'], timeoutMs: 1000 };
    let ready = false;
    const begin = (): void => {
      ready = false;
      void notifier.beforeRelease(edge('BACKUP', release)).then(() => {
        ready = true;
      });
    };
    begin();
    expect(commands()).toEqual(['/r']);
    await started[0]?.end();
    expect(ready).toBe(true);

    notifier.changed(edge('MASTER', { on: { master: ['/m'] } }));
    begin();
    await vi.advanceTimersByTimeAsync(400);
    await started[1]?.end();
    expect(started[2]?.program).toMatchObject({ command: ['/r'], timeoutMs: 600 });
    expect(ready).toBe(false);
    await vi.advanceTimersByTimeAsync(600);
    expect(ready).toBe(true);
    await started[2]?.end();

    notifier.changed(edge('MASTER', { on: { master: ['/m'] } }));
    begin();
    await vi.advanceTimersByTimeAsync(1000);
    expect(ready).toBe(true);
    await started[3]?.end();
    expect(commands()).toHaveLength(4);
    expect(problems).toEqual(['INSTANCE edge BACKUP: /r did not get its turn before the release']);
  });

  test('drain waits for all, stop ends what runs and begins nothing more', async () => {
    const on = { master: ['/m'], backup: ['/b'] };
    notifier.changed(edge('MASTER', { on }));
    let drained = false;
    void notifier.drain().then(() => {
      drained = true;
    });
    notifier.changed(edge('BACKUP', { on }));
    await started[0]?.end();
    expect(drained).toBe(false);
    await started[1]?.end();
    expect(drained).toBe(true);
    notifier.changed(edge('MASTER', { on }));
    notifier.changed(edge('BACKUP', { on }));
    let released = false;
    void notifier.beforeRelease(edge('BACKUP', { beforeRelease: ['/r'] })).then(() => {
      released = true;
    });
    notifier.stop();
    await vi.advanceTimersByTimeAsync(0);
    notifier.changed(edge('MASTER', { on }));
    expect(started[2]?.stopped).toBe(true);
    expect(released).toBe(true);
    expect(commands()).toHaveLength(3);
    expect(problems).toEqual([]);
  });
});

describe('on this machine', () => {
  let directory: string;
  const servers: Server[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
    notifier = new Notifier({ clock, onProblem: (text) => problems.push(text) });
  });
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(directory, { recursive: true });
  });

  test('a program gets arguments and environment', async () => {
    const out = join(directory, 'out');
    const script = join(directory, 'hook');
    writeFileSync(script, `#!/bin/sh\necho "$@" "$FAIRLEAD_STATE" "$FAIRLEAD_WHY" >> ${out}\n`, { mode: 0o755 });
    notifier.changed(edge('MASTER', { on: { any: [script, 'a b'] } }));
    notifier.changed(edge('FAULT', { on: { any: [script, 'a b'] } }));
    await notifier.drain();
    expect(readFileSync(out, 'utf8')).toBe(
      'a b INSTANCE edge MASTER 150 MASTER nobody was heard\na b INSTANCE edge FAULT 150 FAULT nobody was heard\n',
    );
    expect(problems).toEqual([]);
  });

  test('failures are told: missing, failing, too long', async () => {
    const on = (command: string[]) => ({ on: { master: command }, timeoutMs: 100 });
    notifier.changed(edge('MASTER', on([join(directory, 'none')])));
    notifier.changed(edge('MASTER', on(['/bin/sh', '-c', 'echo no such address >&2; exit 4'])));
    notifier.changed(edge('MASTER', on(['/bin/sleep', '1000'])));
    await notifier.drain();
    expect(problems).toEqual([
      `INSTANCE edge MASTER: ${directory}/none cannot be started: ENOENT`,
      'INSTANCE edge MASTER: /bin/sh ended with 4: no such address',
      'INSTANCE edge MASTER: /bin/sleep ran longer than 100ms and was ended',
    ]);
  });

  async function serve(answer: (path: string) => number | null): Promise<{ url: string; posted: unknown[] }> {
    const posted: unknown[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posted.push(JSON.parse(Buffer.concat(parts).toString()));
        const status = answer(request.url ?? '');
        if (status !== null) response.writeHead(status).end('thanks');
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted };
  }

  test('changes are posted as JSON, in order, and bad answers told', async () => {
    const { url, posted } = await serve((path) => (path === '/slow' ? null : path === '/no' ? 503 : 204));
    notifier.changed(edge('MASTER', { http: `${url}/ok` }));
    notifier.changed(edge('BACKUP', { http: `${url}/no` }));
    notifier.changed(edge('FAULT', { http: `${url}/slow`, timeoutMs: 100 }));
    await notifier.drain();
    expect(posted).toMatchObject([
      { kind: 'INSTANCE', name: 'edge', state: 'MASTER', priority: 150, why: 'nobody was heard' },
      { state: 'BACKUP' },
      { state: 'FAULT' },
    ]);
    expect(posted[0]).not.toHaveProperty('notify');
    expect(problems).toEqual([
      `INSTANCE edge BACKUP: POST to ${url}/no was answered 503`,
      `INSTANCE edge FAULT: POST to ${url}/slow got no answer within 100ms`,
    ]);
  });

  test('a FIFO is made for readers, takes lines without one, and drops when full', async () => {
    const fifo = join(directory, 'fifo');
    const made = async (): Promise<void> => {
      while (!statSync(fifo, { throwIfNoEntry: false })?.isFIFO()) await new Promise(setImmediate);
    };
    notifier.sync([edge('STOP', { fifo })]);
    await made();
    notifier.changed(edge('MASTER', { fifo }));
    notifier.changed({ ...edge('BACKUP', { fifo }), kind: 'GROUP', name: 'all' });
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const take = (): string => {
      const buffer = Buffer.alloc(100_000);
      try {
        return buffer.toString('utf8', 0, readSync(reader, buffer));
      } catch {
        return '';
      }
    };
    // It is there a little before the notifier has it open.
    let first = take();
    for (; first === ''; first = take()) await new Promise(setImmediate);
    expect(first).toBe('INSTANCE "edge" MASTER 150\nGROUP "all" BACKUP 150\n');
    for (let i = 0; i < 5000; i++) notifier.changed(edge('MASTER', { fifo }));
    expect(problems).toEqual([`fifo ${fifo} is full, and lines are dropped`]);
    const lines = take().split('\n').length - 1;
    notifier.changed(edge('FAULT', { fifo }));
    expect(take()).toBe('INSTANCE "edge" FAULT 150\n');
    expect(problems[1]).toBe(`fifo ${fifo}: ${5000 - lines} lines were dropped while it was full`);
    closeSync(reader);

    rmSync(fifo);
    notifier.changed(edge('BACKUP', { fifo }));
    await made();
  });

  test('a file in the place of a FIFO is left alone', () => {
    const file = join(directory, 'file');
    writeFileSync(file, 'precious');
    notifier.changed(edge('MASTER', { fifo: file }));
    notifier.changed(edge('BACKUP', { fifo: file }));
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(problems).toEqual([`fifo ${file} is not a FIFO and is left alone`]);
  });
});
