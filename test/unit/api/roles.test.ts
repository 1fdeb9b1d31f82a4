import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ROUTE_NAMES, rowOf } from '../../../src/api/routes/index.ts';
import { main } from '../../../src/cli/main.ts';
import { findGroup, nameOfUser } from '../../../src/daemon/programs/user.ts';
import { peerOf } from '../../../src/kernel/peer.ts';
import type { Peer } from '../../../src/model/role.ts';
import { highest, mayActAs } from '../../../src/model/role.ts';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

/** Somebody whom no row of this machine's files names. */
const STRANGER: Peer = { pid: 1, uid: 54321, gid: 54321, groups: [54400, 54401] };

let served: ServedDirector | undefined;
afterEach(() => served?.stop().then(() => (served = undefined)));

const serve = async (peer: Peer, roles = '[]'): Promise<ServedDirector> => {
  served = await servedDirector({ api: `{ roles: ${roles} }`, peerOf: () => peer });
  return served;
};
const drain = ({ client }: ServedDirector) => client.drainServer({ service: 'web', server: 'r1' });

test('a role may do what the ones before it may; of several the highest counts', () => {
  expect(mayActAs('operator', 'viewer')).toBe(true);
  expect(mayActAs('viewer', 'operator')).toBe(false);
  expect(highest(['viewer', 'admin', 'operator'])).toBe('admin');
  expect(highest([])).toBe('anyone');
});

test('no route that changes something is open to viewers, and nobody has to be more to look at health', () => {
  const changing = ROUTE_NAMES.map(rowOf).filter(({ method }) => ['PUT', 'PATCH', 'DELETE'].includes(method));
  expect(changing.length).toBeGreaterThan(1);
  expect(changing.filter(({ role }) => !mayActAs(role, 'operator'))).toEqual([]);
  expect(rowOf('getHealth').role).toBe('anyone');
});

describe('over the unix socket', () => {
  test('who was let in may look and no more: 403, and nothing changes', async () => {
    const { client } = await serve(STRANGER);
    await client.getStatus();
    await expect(drain(served as ServedDirector)).rejects.toMatchObject({
      code: 'role-missing',
      exit: 4,
      problem: { status: 403, code: 'role-missing' },
      message: 'POST /api/v1/services/web/servers/r1/drain needs the role operator; uid 54321 is viewer',
    });
    expect(await client.listOverrides()).toMatchObject({ overrides: [] });
  });

  test.each([
    ['root', { ...STRANGER, uid: 0 }, '[]'],
    ['a user by number', STRANGER, '[{ user: 54321, role: operator }]'],
    ['a group', STRANGER, '[{ group: 54321, role: operator }]'],
    ['a further group', STRANGER, '[{ group: 54401, role: operator }]'],
    ['the highest of several rows', STRANGER, '[{ user: 54321, role: admin }, { group: 54400, role: viewer }]'],
    ['a user by name', { ...STRANGER, uid: 1 }, `[{ user: ${nameOfUser(1)}, role: operator }]`],
  ])('%s may operate', async (_, peer, roles) => {
    expect(await drain(await serve(peer, roles))).toMatchObject({ server: 'r1' });
  });

  test.each([
    ['another user', '[{ user: 54322, role: admin }]'],
    ['another group', '[{ group: 54322, role: admin }]'],
    ['nobody that is known here', '[{ user: no-such-user, role: admin }, { group: no-such-group, role: admin }]'],
  ])('a row for %s gives a stranger nothing', async (_, roles) => {
    await expect(drain(await serve(STRANGER, roles))).rejects.toMatchObject({ code: 'role-missing' });
  });

  test('a name that is not known is told', async () => {
    const { client } = await serve(STRANGER, '[{ user: no-such-user, role: admin }]');
    await client.getHealth();
    const { events } = await client.listEvents({ kind: 'problem' });
    expect(events.map(({ text }) => text)).toEqual([
      'api.roles: no-such-user is not known here; its row gives nobody admin',
    ]);
  });

  test('a request is turned away before its body is read', async () => {
    const { client } = await serve(STRANGER);
    await expect(client.setMaintenance({ body: 'no JSON' as never })).rejects.toMatchObject({ code: 'role-missing' });
  });

  test('a peer that the kernel does not tell is nobody', async () => {
    served = await servedDirector({
      peerOf: () => {
        throw new Error('gone');
      },
    });
    await expect(served.client.getHealth()).rejects.toMatchObject({ code: 'daemon-unreachable' });
  });

  test('a command ends with 4', async () => {
    const { socket } = await serve(STRANGER);
    let err = '';
    const io = { out: () => {}, err: (text: string) => (err += text), terminal: false };
    expect(await main(['maintenance', 'on', '--socket', socket], io)).toBe(4);
    expect(err).toContain('needs the role operator; uid 54321 is viewer (role-missing)');
  });
});

test('the kernel tells who is at the other end of a unix socket, and nobody of another', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fairlead-peer-')), 's');
  for (const where of [path, 0]) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(where as never, resolve));
    const address = server.address();
    const accepted = new Promise<Peer | unknown>((resolve) =>
      server.once('connection', (socket) => {
        try {
          resolve(peerOf(socket));
        } catch (error) {
          resolve(error);
        }
        socket.destroy();
        expect(() => peerOf(socket)).toThrow('no descriptor');
      }),
    );
    connect(typeof address === 'object' && address ? address.port : (path as never)).on('error', () => {});
    const peer = await accepted;
    server.close();
    if (where === path)
      expect(peer).toMatchObject({ pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.() });
    else expect(peer).toMatchObject({ code: 'kernel', operation: 'peer' });
  }
});

test('users and groups are those of the files in etc', () => {
  const etc = mkdtempSync(join(tmpdir(), 'fairlead-etc-'));
  writeFileSync(join(etc, 'passwd'), 'alice:x:1001:100::/home/alice:/bin/sh\nbroken:x:minus:1\n');
  writeFileSync(join(etc, 'group'), 'netops:x:2001:alice\nodd:x::\n');
  expect(nameOfUser(1001, etc)).toBe('alice');
  expect(nameOfUser(1002, etc)).toBeUndefined();
  expect(findGroup('netops', etc)).toBe(2001);
  expect(findGroup('odd', etc)).toBeUndefined();
  expect(findGroup('none', etc)).toBeUndefined();
});
