import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findUser } from '../../../src/daemon/programs/user.ts';

let etc: string;

beforeEach(() => {
  etc = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  writeFileSync(join(etc, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/var/www:/bin/false\nodd:x::1::/:\n');
  writeFileSync(join(etc, 'group'), 'root:x:0:\nweb:x:33:web\nlogs:x:44:db,web\nothers:x:45:webs\nodd:x:x:web\n');
});
afterEach(() => rmSync(etc, { recursive: true }));

test('a user with the groups that name him', () => {
  expect(findUser('web', etc)).toEqual({ name: 'web', uid: 33, gid: 33, home: '/var/www', groups: [44] });
  expect(findUser('root', etc)).toMatchObject({ uid: 0, gid: 0, groups: [] });
});

test('nobody of that name, or without numbers', () => {
  expect(findUser('we', etc)).toBeUndefined();
  expect(findUser('odd', etc)).toBeUndefined();
});
