import { expect, test } from 'vitest';
import { probe } from '../../support/probe/ask.ts';
import { dialogue } from '../../support/probe/stub.ts';

test.each([
  // ProFTPD, vsftpd, FileZilla, a server that wants TLS first.
  ['200 NOOP command successful', true, 'greeted'],
  ['530 Please login with USER and PASS.', true, 'greeted'],
  ['503 Use AUTH first.', true, 'greeted'],
  ['534 Policy requires SSL.', true, 'greeted'],
  ['250 2.0.0 Ok', false, 'not-ftp'],
  ['502 5.5.2 Error: command not recognized', false, 'reply-502'],
  ['421 Too many connections', false, 'reply-421'],
  ['+OK', false, 'not-ftp'],
])('without a user, ftp goes by what NOOP is answered with: %s', async (reply, ok, outcome) => {
  expect(await probe('ftp', await dialogue('220 ready\r\n', `${reply}\r\n`))).toMatchObject({ ok, outcome });
});
