import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleTypes } from '../../../src/setup/types.mjs';
import { examplesOf, installPacked } from '../../support/package.ts';

// A program with nothing but the packed package: it compiles strictly, without our development dependencies or Node's types,
// and runs.
const ROOT = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'fairlead-package-'));
const examples = examplesOf(readFileSync(join(ROOT, 'docs/ipvs.md'), 'utf8'));

const OPTIONS = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
const CONSUMER = `
import { ApiError, connect, type Operation } from 'fairlead/client';
import { FEATURES, type KernelErrorCode, KernelError, type Change, open, predict, realServer, serviceKey, virtualService } from 'fairlead/ipvs';

const service = virtualService('tcp://10.9.0.100:80', { scheduler: 'mh' });
const servers = ['10.9.1.13:80', '10.9.1.12:80', '10.9.1.11:80'].map((address) => realServer(address));
const found = predict(service, servers, { address: '198.51.100.7' });
const changes: Change[] = [{ kind: 'add-service', service }, { kind: 'delete-service', id: service.id, why: 'done' }];
// @ts-expect-error a change without what it changes
changes.push({ kind: 'add-destination' });
const version: '5.12' = FEATURES['scheduler-twos'].firstKernel;

const ipvs = open({ deadlineMs: 100 });
const threshold: Promise<readonly [number, number] | undefined> = ipvs.sysctls.get('sync_threshold');
threshold.catch(() => {});
// @ts-expect-error a number where two are wanted
const wrong = (): Promise<void> => ipvs.sysctls.set('sync_threshold', 3);
let code: KernelErrorCode | 'none' = 'none';
try {
  await ipvs.info();
} catch (error) {
  if (error instanceof KernelError) code = error.code;
}
ipvs.close();
const fairlead = connect({ socket: '/nowhere.sock' });
const drain = (): Promise<Operation> => fairlead.drainServer({ service: 'web', server: 'r1' });
// @ts-expect-error a drain without a server
const nobody = () => fairlead.drainServer({ service: 'web' });
const unreachable = await drain().then(() => '', (error: { code: string }) => error.code);
if (unreachable !== 'daemon-unreachable' || new ApiError({ type: '', title: '', status: 404, code: 'not-found', detail: 'x' }).message !== 'x') throw new Error(typeof nobody);
const closed = await ipvs.info().then(() => 'open', (error: KernelError) => error.code);
console.log(JSON.stringify([found.kind === 'destination' && found.destination.address, serviceKey(service.id), version, typeof wrong, closed, code]));
`;

beforeAll(async () => {
  await bundleTypes();
  installPacked(ROOT, folder);
  const files: Record<string, string> = { 'consumer.ts': CONSUMER };
  for (const [i, code] of examples.entries()) files[`example-${i + 1}.ts`] = code;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const tsc = (options: object): string => {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...OPTIONS, ...options } }));
  try {
    return execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
};

test('the page has examples', () => expect(examples.length).toBeGreaterThanOrEqual(9));

test.each([
  ['with Node’s resolution', { module: 'nodenext', target: 'es2022', types: [] }],
  ['with a bundler’s', { module: 'esnext', moduleResolution: 'bundler', target: 'esnext', types: [], noEmit: true }],
])('a program and every example of the page compile strictly %s', { timeout: 300_000 }, (_, options) => {
  expect(tsc(options)).toBe('');
});

test('the compiled program runs, the addon included', { timeout: 60_000 }, () => {
  const output = execFileSync(process.execPath, [join(folder, 'consumer.js')], { cwd: folder, encoding: 'utf8' });
  const [address, key, version, wrong, closed, code] = JSON.parse(output) as string[];
  expect([address, key, version, wrong, closed]).toEqual([
    '10.9.1.12',
    'tcp://10.9.0.100:80',
    '5.12',
    'function',
    'not-attempted',
  ]);
  expect(['none', 'ipvs-missing', 'not-permitted']).toContain(code);
});

test('nothing else of the package can be imported', { timeout: 60_000 }, () => {
  const code = "import('fairlead/dist/cli.js').catch((error) => console.log(error.code))";
  const output = execFileSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8' });
  expect(output.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
});
