import { expect, test } from 'vitest';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { FEATURES, type Feature, probe } from '../../../src/kernel/features.ts';
import { SCHEDULERS } from '../../../src/model/schedulers.ts';

const spare = (mark: number) => ({ kind: 'fwmark', mark, family: 'inet' }) as const;
const plain = {
  scheduler: 'rr',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: '255.255.255.255',
} as const;

test('every scheduler is a feature, with the same first kernel', () => {
  for (const [name, row] of Object.entries(SCHEDULERS))
    expect(FEATURES[`scheduler-${name}` as Feature].firstKernel).toBe(row.since);
  for (const row of Object.values(FEATURES)) expect(row.firstKernel).toMatch(/^\d+\.\d+(\.\d+)?$/);
});

test('each is answered by trying, and nothing is left behind', async () => {
  const kernel = new FakeKernel();
  const answers = new Map<string, boolean | undefined>();
  for (const feature of Object.keys(FEATURES) as Feature[]) answers.set(feature, await probe(feature, kernel));
  const no = [...answers].filter(([, answer]) => answer === false).map(([feature]) => feature);
  expect(no).toEqual(['scheduler-twos', 'estimation-cpus', 'growing-tables']);
  const untold = [...answers].filter(([, answer]) => answer === undefined).map(([feature]) => feature);
  expect(untold).toEqual(Object.entries(FEATURES).flatMap(([name, row]) => ('ask' in row ? [] : [name])));
  expect(kernel.state().services).toEqual([]);
});

test('a mark that somebody uses stays as it is', async () => {
  const kernel = new FakeKernel();
  const theirs = { ...plain, id: spare(0xfa1ead00), scheduler: 'wlc' };
  await kernel.ipvs.apply([{ kind: 'add-service', service: theirs, why: 'theirs' }]);
  const before = kernel.state();
  expect(await probe('scheduler-mh', kernel)).toBe(true);
  expect(await probe('tunnel-gre', kernel)).toBe(true);
  expect(kernel.state()).toEqual(before);
});

test('when every spare mark is used, that is said and nothing is touched', async () => {
  const kernel = new FakeKernel();
  for (let i = 0; i <= 16; i++) {
    const service = { ...plain, id: spare(0xfa1ead00 + i) };
    await kernel.ipvs.apply([{ kind: 'add-service', service, why: 'theirs' }]);
  }
  await expect(probe('scheduler-mh', kernel)).rejects.toMatchObject({ code: 'service-exists' });
  expect(kernel.state().services).toHaveLength(17);
});

test('a kernel that ignores the tunnel type does not have it', async () => {
  const kernel = new FakeKernel();
  const old = {
    sysctls: kernel.sysctls,
    ipvs: {
      apply: (ops: Parameters<typeof kernel.ipvs.apply>[0]) =>
        kernel.ipvs.apply(
          ops.map((op) =>
            'destination' in op && op.destination.tunnel
              ? { ...op, destination: { ...op.destination, tunnel: { type: 'ipip', port: 0, checksum: 'none' } } }
              : op,
          ),
        ),
      dump: (options?: { readonly stats?: boolean }) => kernel.ipvs.dump(options),
    },
  };
  expect(await probe('tunnel-gue', old)).toBe(false);
  expect(await probe('tunnel-gue', kernel)).toBe(true);
});

test('no permission is not the lack of a feature', async () => {
  const kernel = new FakeKernel();
  kernel.failNext('not-permitted');
  await expect(probe('scheduler-mh', kernel)).rejects.toMatchObject({ code: 'not-permitted' });
});
