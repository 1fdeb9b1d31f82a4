import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { command, type Ended } from '../../support/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a file of this text. */
function file(text: string): string {
  const path = join(folder, 'fairlead.yaml');
  writeFileSync(path, text);
  return path;
}

const run = (...words: string[]): Promise<Ended> => command(['config', ...words]);

const SECRET = '0123456789abcdef0123456789abcdef';
const TEXT = `
instances:
  - name: edge
    interface: eth0
    vrid: 51
    addresses: [10.0.0.110/24]
    hmac: { active: 1, keys: [{ id: 1, secretFile: /nowhere/key }, { id: 2, secret: ${SECRET} }] }
services:
  - name: web
    listen: [tcp://10.0.0.100:80]
    check: { redis: { passwordFile: /nowhere/password } }
    servers: [{ address: 10.0.0.11 }]
`;

it('schema: the one that the documentation holds', async () => {
  const committed = readFileSync(fileURLToPath(new URL('../../../docs/fairlead.schema.json', import.meta.url)), 'utf8');
  expect(await run('schema')).toEqual({ code: 0, out: committed, err: '' });
});

it('example: commented, and right without a warning', async () => {
  const { code, out } = await run('example');
  const parsed = parseConfig(out, 'example');
  expect({ code, right: parsed.ok, warnings: parsed.ok && parsed.value.warnings }).toEqual({
    code: 0,
    right: true,
    warnings: [],
  });
  expect(out.match(/#/g)?.length).toBeGreaterThan(10);
});

it('show: the same configuration with every default, and secrets as they were', async () => {
  const path = file(TEXT);
  const { code, out, err } = await run('show', path);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const [before, after] = [TEXT, out].map((text) => parseConfig(text, 'f'));
  expect(before?.ok && after?.ok && after.value.config).toEqual(before?.ok && before.value.config);
  for (const line of ['onStop: leave', 'scheduler: wlc', 'downAdverts: 3', `secret: ${SECRET}`])
    expect(out).toContain(line);
  expect(out).toContain('secretFile: /nowhere/key');
  expect(out).toContain('passwordFile: /nowhere/password');
});

it('show --json: the same for programs', async () => {
  const path = file(TEXT);
  const shown = JSON.parse((await run('show', path, '--json')).out);
  expect(shown.services[0]).toMatchObject({ name: 'web', listen: ['tcp://10.0.0.100:80'], drain: '1m' });
  expect(parseConfig(JSON.stringify(shown), 'f').ok).toBe(true);
});

it('a file with mistakes is not shown: they are told', async () => {
  const { code, out, err } = await run('show', file('services: [{ name: web, listne: [] }]\n'));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('listne');
});

it.each([
  [['tell'], 'expected one of schema, example, show, got "tell"'],
  [['schema', 'x.yaml'], 'config schema takes no file, got "x.yaml"'],
  [['show', '/nowhere/x.yaml'], 'cannot read /nowhere/x.yaml'],
])('%j is refused', async (words, expected) => {
  const { code, err } = await run(...words);
  expect(code).toBe(2);
  expect(err).toContain(expected);
});
