import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { atOnce } from '../../../src/base/steps.ts';
import { hideInText } from '../../../src/config/hidden.ts';
import { sourceOf, takeConfig } from '../../../src/daemon/config-file.ts';
import { fromPieces, toPieces } from '../../../src/daemon/config-pieces.ts';
import { type ConfigReader, loadWith, readsHere } from '../../../src/daemon/config-reader.ts';
import { readsInThread, type ThreadLimits } from '../../../src/daemon/config-thread.ts';
import { bundlePrograms } from '../../../src/setup/bundle.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const PATIENT = { timeout: 120_000 };
let folder: string;
let real: URL;
const open: ConfigReader[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-reader-'));
  await bundlePrograms(folder, [join(ROOT, 'src/daemon/config-worker.ts')]);
  real = pathToFileURL(join(folder, 'config-worker.mjs'));
}, 120_000);
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function reader(program = real, limits: Partial<ThreadLimits> = {}): ConfigReader {
  const made = readsInThread(limits, program);
  open.push(made);
  return made;
}

/** A thread whose answers the test writes. */
function thread(name: string, onMessage: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads';\nparentPort.on('message', (request) => { ${onMessage} });\n`,
  );
  return pathToFileURL(path);
}
const hides = (word: string): string => `parentPort.postMessage({ kind: 'hidden', text: ${word} });`;

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const GOLDEN = readdirSync(join(ROOT, 'test/golden/config')).filter((name) => name.endsWith('.yaml'));
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'));
const FILES = [...GOLDEN.map((name) => `test/golden/config/${name}`), ...EXAMPLES.map((name) => `examples/${name}`)];
const many = (services: number, servers: number): string =>
  `services:\n${Array.from({ length: services }, (_, s) => {
    const rows = Array.from({ length: servers }, (_, i) => `{ address: 10.1.${i >> 8}.${i & 255} }`);
    return `  - { name: s${s}, listen: ["tcp://10.0.${s >> 8}.${s & 255}:80"], scheduler: rr, servers: [${rows.join(', ')}] }`;
  }).join('\n')}\n`;

describe('a thread says what a call would have said', () => {
  test('of every file: the whole configuration, or every mistake with its place', PATIENT, async () => {
    const threaded = reader();
    for (const path of FILES) {
      const text = textOf(path);
      const here = takeConfig(text, path);
      const there = await threaded.read(text, path);
      expect(there.ok, path).toBe(here.ok);
      if (there.ok && here.ok) expect(there.value).toStrictEqual(here.value);
      if (there.ok || here.ok) continue;
      expect(there.error.issues).toStrictEqual(here.error.issues);
      expect(there.error.error).toMatchObject({ code: 'config-invalid', message: here.error.error.message });
    }
  });

  test('of lists longer than a piece, in and beside each other', PATIENT, async () => {
    const threaded = reader();
    for (const text of [many(100, 3), many(2, 500), many(40, 40)]) {
      const here = takeConfig(text, 'long');
      if (!here.ok) throw here.error.error;
      expect(await threaded.read(text, 'long')).toStrictEqual({ ok: true, value: here.value });
    }
  });

  test('of a text with secrets, which are hidden', PATIENT, async () => {
    const text = 'a: 1\nsecret: "x"\n# password: y\n';
    const hidden = await reader().hide(text, 'file');
    expect(hidden).toBe(hideInText(text));
    expect(hidden).not.toMatch(/x|y/);
  });

  test('and the source of a configuration is known', PATIENT, async () => {
    const text = many(1, 1);
    const there = await reader().read(text, 'file');
    expect(there.ok && sourceOf(there.value.config)).toBe(text);
  });
});

describe('what becomes of the thread is a reason, and the next text is read all the same', () => {
  const refusal = async (made: ConfigReader, text = many(1, 1)) => {
    const taken = await made.read(text, '/etc/f.yaml');
    if (taken.ok) throw new Error('it was read');
    expect(taken.error.issues).toEqual([]);
    expect(taken.error.error.code).toBe('config-unchecked');
    return taken.error.error.message;
  };

  test('it dies', async () => {
    const made = reader(thread('dies', `if (request.kind === 'read') process.exit(3); ${hides('request.text')}`));
    expect(await refusal(made)).toBe('/etc/f.yaml could not be checked, and nothing was changed: its thread ended (3)');
    expect(await made.hide('secret', '/etc/f.yaml')).toBe('secret');
  });

  test('it throws', async () => {
    const made = reader(thread('throws', `if (request.kind === 'hide') throw new TypeError('a defect');`));
    await expect(made.hide('secret', '/etc/f.yaml')).rejects.toMatchObject({
      code: 'config-unchecked',
      message: '/etc/f.yaml could not be checked, and nothing was changed: a defect',
    });
  });

  test('it hangs', async () => {
    const made = reader(thread('hangs', `if (request.kind === 'read') for (;;); ${hides('request.text')}`), {
      limitMs: 300,
    });
    expect(await refusal(made)).toMatch(/: that takes longer than 0.3 s$/);
  });

  test('it takes more memory than it may', PATIENT, async () => {
    const made = reader(
      thread('eats', 'const all = []; for (;;) all.push([{}, { a: 1 }, request.text + all.length]);'),
      {
        heapMb: 32,
      },
    );
    expect(await refusal(made)).toMatch(/: that takes more memory than 32 MB$/);
  });

  test('it cannot start', async () => {
    expect(await refusal(reader(new URL('file:///nowhere/config-worker.js')))).toMatch(/Cannot find module/);
  });

  test('it answers what cannot be understood', async () => {
    const made = reader(thread('babbles', `parentPort.postMessage({ kind: 'loaded', pieces: [new Uint8Array(3)] });`));
    expect(await refusal(made)).toMatch(/could not be checked/);
  });

  test('the daemon ends', async () => {
    const made = reader(thread('waits', 'for (;;);'));
    const [first, second] = [refusal(made), refusal(made)];
    await new Promise(setImmediate);
    await made.close();
    expect(await first).toMatch(/: Fairlead is ending$/);
    expect(await second).toMatch(/: Fairlead is ending$/);
    expect(await refusal(made)).toMatch(/: Fairlead is ending$/);
  });
});

test('texts are read one at a time, in the order they came', async () => {
  const busy = `if (globalThis.busy) process.exit(9); globalThis.busy = true; globalThis.n = (globalThis.n ?? 0) + 1;
    setTimeout(() => { globalThis.busy = false; ${hides("request.text + ' ' + globalThis.n")} }, 10);`;
  const made = reader(thread('ordered', busy));
  const asked = ['secret a', 'secret b', 'secret c'].map((text) => made.hide(text, 'file'));
  expect(await Promise.all(asked)).toEqual(['secret a 1', 'secret b 2', 'secret c 3']);
});

test('an idle thread is ended, and the next text gets a new one', async () => {
  const counts = `globalThis.n = (globalThis.n ?? 0) + 1; ${hides('String(globalThis.n)')}`;
  const lasting = reader(thread('counts', counts), { idleMs: 60_000 });
  expect(await lasting.hide('secret', 'file')).toBe('1');
  expect(await lasting.hide('secret', 'file')).toBe('2');
  const brief = reader(thread('counts', counts), { idleMs: 0 });
  expect(await brief.hide('secret', 'file')).toBe('1');
  // A timer that was set later for as long fires later.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise(setImmediate);
  expect(await brief.hide('secret', 'file')).toBe('1');
});

test('a text in which no secret can be needs no thread', async () => {
  expect(await reader(new URL('file:///nowhere/config-worker.js')).hide('a: 1\n', 'file')).toBe('a: 1\n');
});

test('a file that cannot be opened is refused before anybody reads', async () => {
  const missing = await loadWith(readsHere, join(folder, 'missing.yaml'));
  expect(missing).toMatchObject({ ok: false, error: { error: { code: 'config-unreadable' }, issues: [] } });
});

describe('pieces', () => {
  const again = (value: unknown): unknown => atOnce(fromPieces(toPieces(value)));

  test.each([
    ['nothing', undefined],
    ['a leaf', 7],
    ['a short list', [1, [2]]],
    ['a long list alone', Array.from({ length: 100 }, (_, index) => index)],
    ['what structured clone takes', { map: new Map([[1n, new Set(['a'])]]), absent: undefined }],
    [
      'long lists in rows of long lists',
      { rows: Array.from({ length: 70 }, (_, i) => ({ i, inner: Array.from({ length: 50 }, (__, j) => [i, j]) })) },
    ],
  ])('%s', (_, value) => {
    expect(again(value)).toStrictEqual(value);
  });

  test('no piece has more than a portion of a list', () => {
    const one = toPieces({ rows: Array.from({ length: 1000 }, (_, index) => ({ name: `row ${index}` })) });
    expect(one.length).toBeGreaterThan(30);
    expect(Math.max(...one.map(({ length }) => length))).toBeLessThan(2000);
  });
});
