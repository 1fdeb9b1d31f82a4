import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { openConnections, type ServedDirector, servedDirector } from '../../support/api.ts';

/** What operations of drains tell, over the daemon's real socket. */

let served: ServedDirector;
afterEach(() => served.stop());

const operation = (id: string) => served.client.getOperation({ operation: id });

test('a server that leaves the file is still watched', async () => {
  served = await servedDirector();
  openConnections(served.kernel, '10.0.0.11', 7);
  const { id } = await served.client.drainServer({ service: 'web', server: 'r1' });
  const { file } = served.director.store.get();
  writeFileSync(file, readFileSync(file, 'utf8').replace('{ name: r1, address: 10.0.0.11 }, ', ''));
  expect(await served.director.reload()).toBe(true);
  openConnections(served.kernel, '10.0.0.11', 6);
  await expect
    .poll(() => operation(id), { timeout: 30_000 })
    .toMatchObject({ state: 'running', openConnections: 6, initialConnections: 7 });
  openConnections(served.kernel, '10.0.0.11', 0);
  await expect.poll(() => operation(id), { timeout: 30_000 }).toMatchObject({ state: 'done', openConnections: 0 });
});

test('what runs is kept however many there are, and of what has ended the newest hundred', async () => {
  const names = Array.from({ length: 130 }, (_, i) => `r${i}`);
  const servers = names.map((name, i) => `{ name: ${name}, address: 10.0.1.${i + 1} }`).join(', ');
  served = await servedDirector({
    services: `services:\n  - { name: web, listen: ["tcp://10.0.0.100:80"], scheduler: rr, servers: [${servers}] }\n`,
  });
  for (const name of names) openConnections(served.kernel, `10.0.1.${names.indexOf(name) + 1}`, 1);
  const begun: string[] = [];
  for (const server of names) begun.push((await served.client.drainServer({ service: 'web', server })).id);
  expect(await operation(begun[0] ?? '')).toMatchObject({ state: 'running', server: 'r0' });
  const ended: string[] = [];
  for (const id of begun) {
    expect((await served.client.cancelOperation({ operation: id })).state).toBe('cancelled');
    ended.push(id);
  }
  const { operations } = await served.client.listOperations();
  expect(operations).toHaveLength(130);
  // What has ended makes room when the next one begins.
  openConnections(served.kernel, '10.0.1.1', 1);
  const { id } = await served.client.drainServer({ service: 'web', server: 'r0' });
  const after = (await served.client.listOperations()).operations;
  expect(after).toHaveLength(101);
  expect(after[0]).toMatchObject({ id, state: 'running' });
});

test('what a drain costs clients is told with it', async () => {
  const row = (name: string, port: number, rest: string) =>
    `  - { name: ${name}, listen: ["tcp://10.0.0.100:${port}"], ${rest}, servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }] }`;
  const rows = [
    row('turns', 80, 'scheduler: rr'),
    row('hashed', 81, 'scheduler: dh'),
    row('kept', 82, 'persistence: { timeout: 5m }'),
  ];
  served = await servedDirector({
    services: `services:\n${rows.join('\n')}\n`,
    director: ', sysctls: { expire_quiescent_template: 0 }',
  });
  const warnings = async (service: string, server = 'r1') =>
    (await served.client.drainServer({ service, server })).warnings;
  expect(await warnings('turns')).toEqual([]);
  expect(await warnings('turns', 'r2')).toEqual([expect.stringContaining('no other server of the service')]);
  expect(await warnings('hashed')).toEqual([expect.stringMatching(/scheduler refuses .*: delete the destination/)]);
  expect(await warnings('kept')).toEqual([expect.stringContaining('persistent clients keep coming')]);
});
