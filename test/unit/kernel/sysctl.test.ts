import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kernelHas } from '../../../src/kernel/features.ts';
import { openSysctls } from '../../../src/kernel/sysctl.ts';
import type { SysctlOp } from '../../../src/model/op.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-sysctl-'));
// Beside it, where a name with dots would lead.
const OUTSIDE = `${basename(directory)}-outside`;
beforeAll(() => {
  writeFileSync(join(directory, 'conntrack'), '0\n');
  writeFileSync(join(directory, '..', OUTSIDE), 'untouched');
  mkdirSync(join(directory, 'folder'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
  rmSync(join(directory, '..', OUTSIDE));
});

const set = (name: string, value: string): SysctlOp => ({ kind: 'set-sysctl', name, value, why: 'test' });

test('names that exist are read, others are left out', async () => {
  const values = await openSysctls({ directory }).read(['conntrack', 'nosuch', `../${OUTSIDE}`, 'a/b', '']);
  expect(values).toEqual({ conntrack: '0' });
});

test('what cannot be read for another reason rejects the whole call', async () => {
  await expect(openSysctls({ directory }).read(['conntrack', 'folder'])).rejects.toMatchObject({
    name: 'KernelError',
    code: 'kernel',
    errno: 21,
  });
});

test('values are written in order, each with its own result', async () => {
  const ops = [set('conntrack', '1'), set('nosuch', '1'), set(`../${OUTSIDE}`, '1'), set('folder', '1')];
  const results = await openSysctls({ directory }).apply(ops);
  expect(results.map(({ op }) => op)).toEqual(ops);
  expect(results.map(({ failure }) => failure && [failure.code, failure.errno])).toEqual([
    null,
    ['invalid', 2],
    ['invalid', 0],
    ['kernel', 21],
  ]);
  expect(results[1]?.failure?.operation).toBe('set-sysctl nosuch 1');
  expect(readFileSync(join(directory, 'conntrack'), 'utf8')).toBe('1\n');
  expect(readFileSync(join(directory, '..', OUTSIDE), 'utf8')).toBe('untouched');
});

test('kernel releases are compared as numbers', () => {
  expect(kernelHas('address-owner', '5.18.0-1-amd64')).toBe(true);
  expect(kernelHas('address-owner', '5.9.12')).toBe(false);
  expect(kernelHas('ipvs-netlink', '2.6.28')).toBe(true);
  expect(kernelHas('estimation-cpus', '6.1.0-56-cloud-amd64')).toBe(false);
  expect(kernelHas('estimation-cpus', '10.0')).toBe(true);
});
