import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type ServedDirector, servedDirector } from '../support/api.ts';
import { askAs } from '../support/peer.ts';

/** Processes of other users at the other end of the socket, as the kernel tells of them. */

let served: ServedDirector | undefined;
afterEach(() => served?.stop().then(() => (served = undefined)));

const OPERATOR = { uid: 54321, gid: 54321, groups: [54400, 54321] };

async function serve(roles: string): Promise<string> {
  served = await servedDirector({ api: `{ group: 54400, roles: ${roles} }` });
  chmodSync(dirname(served.socket), 0o755);
  return served.socket;
}

test('the socket belongs to its group; who is in it may look, and act as far as rows give it', async () => {
  const socket = await serve('[{ user: 54321, role: operator }]');
  expect(statSync(socket)).toMatchObject({ uid: 0, gid: 54400 });
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  const drain = '/api/v1/services/web/servers/r1/drain';
  expect(await askAs({ uid: 54322, gid: 54400 }, socket, 'GET', '/api/v1/director')).toMatchObject({ status: 200 });
  expect(await askAs({ uid: 54322, gid: 54400 }, socket, 'POST', drain)).toMatchObject({
    status: 403,
    body: { code: 'role-missing', detail: expect.stringContaining('uid 54322 is viewer') },
  });
  expect(await askAs(OPERATOR, socket, 'POST', drain)).toMatchObject({ status: 202, body: { startedBy: 'uid 54321' } });
  expect(await askAs({ uid: 54322, gid: 54322 }, socket, 'GET', '/healthz')).toEqual({ status: 0, body: 'EACCES' });
});

test('a group that is among the further ones of a process counts', async () => {
  const socket = await serve('[{ group: 54401, role: operator }]');
  const groups = [...Array.from({ length: 100 }, (_, index) => 60000 + index), 54400, 54401];
  const reload = await askAs({ uid: 54323, gid: 54323, groups }, socket, 'POST', '/api/v1/reload');
  expect(reload).toMatchObject({ status: 200, body: { accepted: true } });
});

test('a group that is named and not here keeps the daemon from serving', async () => {
  await expect(servedDirector({ api: '{ group: no-such-group }' })).rejects.toMatchObject({
    code: 'socket-group',
    message: expect.stringContaining('/etc/group has none of that name'),
  });
});
