import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROUTES } from '../../../src/api/routes/index.ts';
import { failure } from '../../../src/base/errors.ts';
import { HIDDEN, hideInText, hideInValue } from '../../../src/config/hidden.ts';
import { type ServedDirector, servedDirector, WEB } from '../../support/api.ts';

/** The configuration over the API: read, tried, replaced. */

const MAGLEV = `services:
  - name: web
    listen: ["tcp://10.0.0.100:80"]
    scheduler: mh
    servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }]
`;

let served: ServedDirector;
let file: string;
beforeEach(async () => {
  served = await servedDirector({ services: MAGLEV, director: ', writable: true' });
  file = served.director.store.get().file;
});
afterEach(() => served.stop());

const present = (): string => readFileSync(file, 'utf8');
const heavier = (): string => present().replace('10.0.0.12 }', '10.0.0.12, weight: 2 }');
const table = (): string => JSON.stringify(served.kernel.state({ stats: false }).services);

describe('what is read', () => {
  test('the file, what runs with every default, and its revision', async () => {
    const read = ROUTES.getConfig.answer.parse(await served.client.getConfig());
    expect(read).toMatchObject({ revision: 1, file, text: present(), edited: false, writable: true });
    expect(read.config).toMatchObject({ services: [{ name: 'web', forward: 'dr', servers: [{ weight: 1 }, {}] }] });
    writeFileSync(file, heavier());
    expect(await served.client.getConfig()).toMatchObject({ revision: 1, edited: true });
  });

  test('secrets are hidden, and nothing else', () => {
    const text = [
      'keys: &k [{ secret: "abc", secretFile: /etc/a }] # secret: not a setting',
      'headers: ["Authorization: Bearer abc", X-Probe: yes]',
      'password: |',
      '  many lines',
      'again: *k',
      '#   password: "old abc"',
      '# no secret in this line',
      'shared: &s "also abc" # kept',
      'other: { secret: *s }',
    ].join('\n');
    const hidden = hideInText(text);
    expect(hidden).toContain(`[{ secret: "${HIDDEN}", secretFile: /etc/a }] # secret: ${HIDDEN}`);
    expect(hidden).toContain(`["Authorization: ${HIDDEN}", X-Probe: yes]`);
    expect(hidden).not.toMatch(/abc|many lines/);
    expect(hidden).toContain('again: *k');
    expect(hidden).toContain(`#   password: ${HIDDEN}\n# no secret in this line`);
    expect(hidden).toContain(`shared: &s "${HIDDEN}" # kept\nother: { secret: *s }`);
    expect(hideInValue({ a: [{ secret: 'abc', secretFile: '/f' }], password: undefined, h: ['cookie: x'] })).toEqual({
      a: [{ secret: HIDDEN, secretFile: '/f' }],
      password: undefined,
      h: [`cookie: ${HIDDEN}`],
    });
  });

  test('of a text that is no YAML nothing is told, and a file that is not there is a problem of its own', async () => {
    writeFileSync(file, `${present()}\ninstances:\n  - secret: abc\n wrong: indentation\n`);
    const { text, edited } = await served.client.getConfig();
    expect(text).toMatch(/^# <not shown>: .*line \d+/);
    expect(edited).toBe(true);
    rmSync(file);
    await expect(served.client.getConfig()).rejects.toMatchObject({ code: 'config-unreadable' });
  });
});

describe('a dry run', () => {
  test('tells operations with reasons and whose clients move, of YAML and of JSON, and changes nothing', async () => {
    const before = table();
    const body = `director: { socket: ${served.socket} }\n${MAGLEV.replace(', { name: r2, address: 10.0.0.12 }', '')}`;
    const answer = ROUTES.planConfig.answer.parse(await served.client.planConfig({ body }));
    expect(answer.ops.map(({ kind }) => kind)).toContain('set-destination');
    expect(answer.ops.at(-1)).toMatchObject({ what: expect.stringContaining('10.0.0.12:80'), why: expect.any(String) });
    expect(answer.clients).toMatchObject([{ service: 'web', change: expect.stringContaining('10.0.0.12:80') }]);
    expect(answer.clients[0]?.left).toBeCloseTo(0.5, 1);
    expect(answer.live).toContainEqual(expect.stringMatching(/^services\.web\.servers/));
    expect(answer.restart).toContain('director.state');
    expect((await served.client.planConfig({ body: '{"services": []}' })).live).toContainEqual(
      expect.stringMatching(/^services\.web/),
    );
    expect((await served.client.planConfig({ body: present() })).ops).toEqual([]);
    expect(table()).toBe(before);
    expect(served.director.store.get()).toMatchObject({ revision: 1, refusedReload: null });
  });

  test('of another revision, and of a text with mistakes, is refused', async () => {
    const stale = served.client.planConfig({ body: present() }, { ifRevision: 7 });
    await expect(stale).rejects.toMatchObject({ code: 'revision-stale', problem: { status: 412, revision: 1 } });
    const wrong = served.client.planConfig({ body: 'services:\n  - name: web\n' });
    await expect(wrong).rejects.toMatchObject({
      code: 'config-invalid',
      problem: { status: 422, errors: expect.arrayContaining([expect.objectContaining({ line: 2 })]) },
    });
  });
});

test('validate lists mistakes with their places, or warnings', async () => {
  const wrong = await served.client.validateConfig({ body: 'servicess: []\n' });
  expect(ROUTES.validateConfig.answer.parse(wrong)).toMatchObject({ valid: false, errors: [{ line: 1, column: 1 }] });
  expect(await served.client.validateConfig({ body: present() })).toMatchObject({ valid: true, errors: [] });
});

describe('replacing', () => {
  test('writes the file with its mode, runs it, and leaves no other file', async () => {
    chmodSync(file, 0o640);
    const body = heavier();
    expect(await served.client.replaceConfig({ body }, { ifRevision: 1 })).toMatchObject({
      accepted: true,
      text: 'revision 2',
    });
    expect(present()).toBe(body);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(dirname(file)).filter((name) => name.includes('fairlead'))).toEqual(['fairlead.yaml']);
    expect(table()).toContain('"weight":2');
    expect(await served.client.getConfig()).toMatchObject({ revision: 2, edited: false });
  });

  test.each<[string, () => string, number | undefined, string, number]>([
    ['without a revision', heavier, undefined, 'revision-required', 428],
    ['of another revision', heavier, 7, 'revision-stale', 412],
    ['with mistakes', () => 'services: 3\n', 1, 'config-invalid', 422],
    ['that needs a restart', () => present().replace(served.socket, '/run/else.sock'), 1, 'config-refused', 422],
    ['where a secret is hidden', () => `${present()}# ${HIDDEN}\n`, 1, 'usage', 400],
  ])('%s changes nothing', async (_, body, ifRevision, code, status) => {
    const [text, kernel] = [present(), table()];
    const refused = served.client.replaceConfig({ body: body() }, ifRevision === undefined ? {} : { ifRevision });
    await expect(refused).rejects.toMatchObject({ code, problem: { status } });
    expect([present(), table()]).toEqual([text, kernel]);
    expect(served.director.store.get()).toMatchObject({ revision: 1, refusedReload: null });
  });

  test('what somebody edited meanwhile is not overwritten, and a link is not followed', async () => {
    const body = heavier();
    writeFileSync(file, present().replace('10.0.0.11 }', '10.0.0.11, weight: 9 }'));
    await expect(served.client.replaceConfig({ body }, { ifRevision: 1 })).rejects.toMatchObject({
      code: 'config-edited',
      problem: { status: 409 },
    });
    expect(present()).toContain('weight: 9');
    await served.client.reloadConfig();
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    const linked = served.client.replaceConfig({ body }, { ifRevision: 2 });
    await expect(linked).rejects.toMatchObject({ code: 'config-unwritable' });
    expect(readFileSync(`${file}.real`, 'utf8')).toContain('weight: 9');
    expect(served.director.store.get().revision).toBe(2);
  });

  test('two writers of one revision: one wins', async () => {
    const bodies = [heavier(), present().replace('10.0.0.11 }', '10.0.0.11, weight: 3 }')];
    const outcomes = await Promise.allSettled(
      bodies.map((body) => served.client.replaceConfig({ body }, { ifRevision: 1 })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(present()).toBe(bodies[outcomes.findIndex(({ status }) => status === 'fulfilled')]);
  });
});

test('a file that does not permit it is not replaced', async () => {
  const other = await servedDirector({ services: MAGLEV });
  try {
    const refused = other.client.replaceConfig({ body: MAGLEV }, { ifRevision: 1 });
    await expect(refused).rejects.toMatchObject({
      code: 'config-fixed',
      problem: { status: 403, fix: expect.stringContaining('director.writable: true') },
    });
  } finally {
    await other.stop();
  }
});

test('a reader that fails is no verdict on the text', async () => {
  const error = failure('config-unchecked', { file: 'the text', reason: 'that takes longer than 60 s' });
  const failing = await servedDirector({
    reader: {
      read: async () => ({ ok: false, error: { error, issues: [] } }),
      hide: () => Promise.reject(error),
      close: async () => {},
    },
  });
  const refused = { code: 'config-unchecked', problem: { status: 503, detail: error.message } };
  await expect(failing.client.validateConfig({ body: WEB })).rejects.toMatchObject(refused);
  await expect(failing.client.planConfig({ body: WEB })).rejects.toMatchObject(refused);
  await expect(failing.client.replaceConfig({ body: WEB }, { ifRevision: 1 })).rejects.toMatchObject(refused);
  await expect(failing.client.getConfig()).rejects.toMatchObject(refused);
  await failing.stop();
});
