import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { quote } from '../../src/lab/network.ts';
import { surroundings } from '../compat/network.ts';

const FOLDER = join(ROOT_DIRECTORY, '.cache/compat');

/** A part of `npm run compat`: every written case, fewer generated ones and processes. */
test('scripts cannot tell our ipvsadm from Debian’s', { timeout: 600_000 }, async () => {
  const inside = [process.execPath, join(FOLDER, 'inside.mjs'), join(FOLDER, 'fork-server.so')];
  const script = surroundings([...inside, '--count', '50', '--processes', '5'].map(quote).join(' '));
  const child = spawn('unshare', ['--mount', '--net', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const report = (await text(child.stdout)).trim();
  expect(report).toMatch(/^\d+ cases, 0 differences, \d+ documented$/);
});
