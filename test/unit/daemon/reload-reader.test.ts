import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { err } from '../../../src/base/result.ts';
import { loadConfig } from '../../../src/daemon/config-file.ts';
import { type ConfigReader, readsHere } from '../../../src/daemon/config-reader.ts';
import { Director } from '../../../src/daemon/lifecycle.ts';
import { FakeKernel } from '../../../src/kernel/fake.ts';

/** A daemon whose reader answers when the test lets it. */

let folder: string;
let file: string;
let director: Director;
const reads: { readonly text: string; go(): void; fail(reason: string): void }[] = [];

const slow: ConfigReader = {
  ...readsHere,
  read: (text, name) =>
    new Promise((resolve) => {
      reads.push({
        text,
        go: () => resolve(readsHere.read(text, name)),
        fail: (reason) => resolve(err({ error: failure('config-unchecked', { file: 'f', reason }), issues: [] })),
      });
    }),
  async close() {
    for (const one of reads) one.fail('Fairlead is ending');
  },
};

const text = (weight: number): string =>
  `director: { state: ${join(folder, 'state.json')}, resync: 1h }
services:
  - { name: web, listen: ["tcp://10.0.0.100:80"], scheduler: rr, servers: [{ address: 10.0.0.11, weight: ${weight} }] }
`;
const weight = (): number | undefined => director.store.get().desired.services[0]?.servers[0]?.weight;
const asked = async (count: number): Promise<void> => {
  while (reads.length < count) await new Promise(setImmediate);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-reads-'));
  file = join(folder, 'fairlead.yaml');
  reads.length = 0;
  writeFileSync(file, text(1));
  const loaded = loadConfig(file);
  if (!loaded.ok) throw loaded.error.error;
  director = new Director(loaded.value.config, file, {
    ports: new FakeKernel(),
    prober: { probe: () => Promise.reject(new Error('nobody is checked')) },
    clock: { now: () => performance.now(), wall: () => Date.now() },
    random: () => 0.5,
    log: silentLog,
    reader: slow,
  });
  await director.start();
});
afterEach(async () => {
  await director.stop();
  rmSync(folder, { recursive: true });
});

test('a reload that is asked for during another waits, and takes the file as it is then', async () => {
  writeFileSync(file, text(2));
  const first = director.reload();
  await asked(1);
  writeFileSync(file, text(3));
  const second = director.reload();
  await new Promise(setImmediate);
  expect(reads).toHaveLength(1);
  reads[0]?.go();
  expect(await first).toBe(true);
  expect(weight()).toBe(2);
  await asked(2);
  reads[1]?.go();
  expect(await second).toBe(true);
  expect(weight()).toBe(3);
  expect(director.store.get().revision).toBe(3);
});

test('a reader that fails is a refused reload with its reason, and the next one is taken', async () => {
  writeFileSync(file, text(2));
  const refused = director.reload();
  await asked(1);
  reads[0]?.fail('that takes longer than 60 s');
  expect(await refused).toBe(false);
  expect(weight()).toBe(1);
  expect(director.store.get().refusedReload).toBe(
    'f could not be checked, and nothing was changed: that takes longer than 60 s',
  );
  const taken = director.reload();
  await asked(2);
  reads[1]?.go();
  expect(await taken).toBe(true);
  expect(weight()).toBe(2);
});

test('a stop ends a read, and what it would have brought is not taken', async () => {
  writeFileSync(file, text(2));
  const reload = director.reload();
  await asked(1);
  await director.stop();
  expect(await reload).toBe(false);
  expect(weight()).toBe(1);
});
