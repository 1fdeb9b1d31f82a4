import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { type ServedDirector, servedDirector, WEB } from '../support/api.ts';

/** As root: programs that others can change do not run as root, and no file that asks for it is taken. */

let folder: string;
let hook: string;
let served: ServedDirector | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-programs-'));
  chmodSync(folder, 0o755);
  hook = join(folder, 'hook');
  writeFileSync(hook, '#!/bin/sh\nexit 0\n');
  chmodSync(hook, 0o755);
});
afterEach(async () => {
  await served?.stop();
  served = undefined;
  rmSync(folder, { recursive: true });
});

const run = (user: string | null) => runProgram({ command: [hook], user, timeoutMs: 10_000, hear: 'both' }).ending;

test('one of another user, or one that others may write, is not started as root, and is as its own user', async () => {
  expect(await run(null)).toMatchObject({ ok: true });
  chownSync(hook, 65534, 65534);
  const refused = { ok: false, outcome: 'refused', text: `is not started as root: ${hook} belongs to uid 65534` };
  expect(await run(null)).toEqual(refused);
  expect(await run('root')).toEqual(refused);
  expect(await run('nobody')).toMatchObject({ ok: true });
});

const ofInstance = (settings: string): string => `instances:
  - { name: edge, interface: eth0, vrid: 51, addresses: [10.0.0.100/32], ${settings} }
${WEB}`;

const ofService = (settings: string): string => WEB.replace('check: ', `${settings}, check: `);

test.each([
  ['hook', () => ofInstance(`notify: { master: [${hook}] }`)],
  ['hook before a release', () => ofInstance(`notify: { beforeRelease: [${hook}] }`)],
  ['tracker', () => ofInstance(`track: [{ script: [${hook}] }]`)],
  ['hook of a quorum', () => ofService(`quorum: { down: [${hook}] }`)],
  ['hook of servers', () => ofService(`notify: { down: [${hook}] }`)],
])('a file with such a %s is refused, and one that became so is not taken again', async (_, settings) => {
  chmodSync(hook, 0o757);
  await expect(servedDirector({ services: settings() })).rejects.toMatchObject({
    code: 'program-untrusted',
    message: expect.stringContaining(`everybody may write ${hook}`),
  });
  chmodSync(hook, 0o755);
  served = await servedDirector({ services: settings() });
  chmodSync(hook, 0o757);
  expect(await served.client.reloadConfig()).toMatchObject({
    accepted: false,
    text: expect.stringContaining('others than root may change it'),
  });
});

test('a file with such a check is refused, and one that became so is not taken again', async () => {
  const services = WEB.replace('check: { tcp: {}', `check: { script: { command: [${hook}] }`);
  chmodSync(hook, 0o757);
  await expect(servedDirector({ services })).rejects.toMatchObject({ code: 'program-untrusted' });
  chmodSync(hook, 0o755);
  served = await servedDirector({ services });
  chmodSync(hook, 0o757);
  expect(await served.client.reloadConfig()).toMatchObject({
    accepted: false,
    text: expect.stringContaining('others than root may change it'),
  });
});
