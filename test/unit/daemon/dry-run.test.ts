import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { serverKey, type Verdict } from '../../../src/model/health.ts';
import { servedDirector } from '../../support/api.ts';

test('in panic, the present file changes nothing, neither in a dry run nor when it is taken anew', async () => {
  const check = 'check: { tcp: {}, every: 1h, timeout: 1s }';
  const servers =
    '[{ name: r1, address: 10.0.0.14 }, { name: r2, address: 10.0.0.15 }, { name: r3, address: 10.0.0.16 }]';
  const web = `{ name: web, listen: ["tcp://10.0.0.100:80"], scheduler: mh, panic: 50, ${check}, servers: ${servers} }`;
  const served = await servedDirector({ services: `services:\n  - ${web}\n` });
  const { director, kernel } = served;
  const weights = () => kernel.state().services[0]?.destinations.map(({ weight }) => weight);
  await expect.poll(weights).toEqual([1, 1, 1]);
  const verdicts = new Map(director.store.get().verdicts);
  for (const name of ['r2', 'r3']) {
    const key = serverKey('web', name);
    verdicts.set(key, { ...(verdicts.get(key) as Verdict), status: 'down', why: 'refused' });
  }
  director.store.set({ verdicts });
  await director.reconciler.settle();
  expect(director.store.get().conditions.get('web')?.panic).toContain('66%');
  expect(weights()).toEqual([1, 1, 1]);
  const { plan, fates } = await director.configuration.dryRun(director.store.get().config);
  expect([plan.ops, [...fates]]).toEqual([[], []]);
  expect(await director.reload()).toBe(true);
  expect(director.store.get().reloadNotes).toEqual([]);
  await served.stop();
  rmSync(dirname(served.socket), { recursive: true, force: true });
});
