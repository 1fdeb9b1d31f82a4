import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, test } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { runProgram } from '../../../src/daemon/programs/program.ts';
import { type Tracked, Trackers } from '../../../src/daemon/trackers/index.ts';
import { openExits } from '../../../src/kernel/exits.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { openProbeEngine } from '../../../src/kernel/probe-engine.ts';
import { createProber } from '../../../src/probe/index.ts';
import { instancesOf } from '../../support/instances.ts';

/** Trackers of this machine's processes, files and programs. */

const clock = { now: () => performance.now(), wall: () => Date.now() };
const engine = openProbeEngine();
afterAll(() => engine.close());
let directory: string;
let trackers: Trackers;
let children: ChildProcess[];
let listeners: Set<() => void>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  children = [];
  listeners = new Set();
  trackers = new Trackers({
    clock,
    random: () => 0,
    log: silentLog,
    net: new FakeKernel().net,
    prober: createProber(clock, runProgram, engine),
    openExits,
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
});
afterEach(() => {
  trackers.stop();
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const inWords = (states: readonly Tracked[]): string =>
  states.map(({ state }) => `${state.state} ${state.value}: ${state.why}`).join('; ');

/** Resolves when a change makes it so. */
const state = (wanted: RegExp): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!wanted.test(inWords(trackers.states('edge')))) return;
      listeners.delete(look);
      resolve();
    };
    listeners.add(look);
    look();
  });

const track = (...list: readonly Record<string, unknown>[]): void =>
  trackers.sync(instancesOf({ trackInterface: false, track: list }));

/** Resolves when a process, whoever's child, is gone. */
const ended = (pid: number): Promise<void> =>
  new Promise((resolve) => {
    const exits = openExits(() => {
      exits.close();
      resolve();
    });
    if (exits.add(pid) !== 'gone') return;
    exits.close();
    resolve();
  });

/** A program of its own name that sleeps. */
async function sleeper(name: string, path = join(directory, name)): Promise<ChildProcess> {
  try {
    symlinkSync('/bin/sleep', path);
  } catch {
    // It is there from before.
  }
  const child = spawn(path, ['1000'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

describe('processes', () => {
  const name = `fl-${process.pid}-x`;

  test('births are found and the last end is told at once', async () => {
    track({ process: name });
    await state(/^down 0: it does not run$/);
    const first = await sleeper(name);
    await state(/^up 1: 1 runs$/);
    const second = await sleeper(name);
    await state(/^up 1: 2 run$/);
    first.kill('SIGKILL');
    await state(/^up 1: 1 runs$/);
    second.kill('SIGKILL');
    await state(/^down 0: it does not run$/);
  });

  test('a quorum has a lower and an upper bound', async () => {
    track({ process: name, min: 2, max: 2 });
    await state(/^down 0: none runs, 2 must$/);
    await sleeper(name);
    await state(/^down 0: 1 runs, 2 must$/);
    await sleeper(name);
    await state(/^up 1: 2 run$/);
    await sleeper(name);
    await state(/^down 0: 3 run, 2 may$/);
  });

  test('by path, whatever links lead there', async () => {
    const link = join(directory, 'node');
    symlinkSync(process.execPath, link);
    track({ process: link });
    await state(/^up 1: /);
  });

  test('one that ended and was not waited for is none', async () => {
    const path = join(directory, name);
    symlinkSync('/bin/sleep', path);
    const parent = spawn('/bin/sh', ['-c', '"$0" 1000 & echo $!; exec sleep 1000', path]);
    children.push(parent);
    const [line]: Buffer[] = await once(parent.stdout, 'data');
    const gone = ended(Number(line));
    process.kill(Number(line), 'SIGKILL');
    await gone;
    track({ process: name });
    await state(/^down 0: it does not run$/);
  });

  test('a second tracker of what is known already, and one that goes', async () => {
    await sleeper(name);
    track({ process: name });
    await state(/^up/);
    track({ process: name }, { process: name, min: 2 });
    await state(/^up 1: 1 runs; down 0: 1 runs, 2 must$/);
    track({ process: name, min: 2 });
    (await sleeper(name)).unref();
    await state(/^up 1: 2 run$/);
  });
});

describe('files', () => {
  test('a number that is written, replaced, spoilt and taken away', async () => {
    const file = join(directory, 'number');
    track({ file, every: '1h' });
    await state(/^unknown 0: it does not exist$/);
    writeFileSync(file, '7\n');
    await state(/^up 7: it says 7$/);
    writeFileSync(join(directory, 'new'), ' -12 ');
    renameSync(join(directory, 'new'), file);
    await state(/^up -12: it says -12$/);
    writeFileSync(file, 'many');
    await state(/^unknown 0: it holds no whole number$/);
    unlinkSync(file);
    await state(/^unknown 0: it does not exist$/);
  });

  test('without a folder to watch it is looked at every so often', async () => {
    track({ file: join(directory, 'none/number'), every: '10ms' });
    await state(/^unknown 0: it does not exist$/);
    rmSync(directory, { recursive: true });
    directory = mkdtempSync(`${directory}-`);
    track({ file: '/proc/sys/kernel/pid_max', every: '10ms' });
    await state(/^up \d+: it says/);
  });
});

describe('scripts', () => {
  test('its end decides and its last line is told', async () => {
    const script = join(directory, 'look');
    writeFileSync(script, '#!/bin/sh\necho first; echo "no route to $1"; exit 3\n', { mode: 0o755 });
    track({ script: [script, 'the world'], every: '1h' });
    await state(/^down 0: ended with 3: no route to the world$/);
  });

  test('one that hangs is ended with all it started', async () => {
    const script = join(directory, 'look');
    const pidFile = join(directory, 'pid');
    writeFileSync(script, `#!/bin/sh\ntrap '' TERM\nsleep 1000 &\necho $! > ${pidFile}\nwait; wait\n`, { mode: 0o755 });
    track({ script: [script], every: '1h', timeout: '200ms' });
    await state(/^down 0: ran longer than 200ms and was ended$/);
    const grandchild = Number(readFileSync(pidFile, 'utf8'));
    await ended(grandchild);
  });

  test('runs as another user', async () => {
    // Only root can be somebody else.
    const user = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
    track({ script: ['/usr/bin/id', '-un'], user, every: '1h' });
    await state(new RegExp(`^up 1: ended with 0: ${user}$`));
  });

  test('a program that is missing and a user nobody knows', async () => {
    track({ script: [join(directory, 'none')], every: '1h' }, { script: ['/bin/true'], user: 'nobody-of-us' });
    await state(/^down 0: cannot be started: ENOENT; down 0: user nobody-of-us is not in \/etc\/passwd$/);
  });
});

test('reach: this machine answers a ping', async () => {
  track({ reach: '127.0.0.1', every: '1h' });
  await state(/^up 1: 127\.0\.0\.1 answered a ping$/);
});
