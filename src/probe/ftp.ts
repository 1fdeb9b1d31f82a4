import { Channel } from './channel.ts';
import type { CheckRunner } from './kind.ts';
import { command, credentials, greeted, greeting, readReply, tlsAtOnce, tlsOnRequest, unexpected } from './session.ts';

const STRANGER = 'not-ftp';

export const probeFtp: CheckRunner<'ftp'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const atOnce = await tlsAtOnce(channel, target, check);
  const hello = await greeting(channel, STRANGER);
  const start = () => command(channel, ['AUTH TLS', 'AUTH TLS'], '234', STRANGER);
  const later = await tlsOnRequest(channel, target, check, start);
  const login = await credentials(check);
  if (login !== null) await logIn(channel, login);
  else await beFtp(channel);
  channel.send('QUIT\r\n');
  return greeted(channel, hello, login !== null, atOnce + later);
};

/** SMTP greets with 220 as well, but answers NOOP with 250 (RFC 5321 4.2.4) where FTP has 200 (RFC 959 5.4). That one has to log
 *  in first, or to begin TLS, is an answer of FTP too. 500 to 502: it does not know NOOP, which every FTP server does (5.1). */
async function beFtp(channel: Channel): Promise<void> {
  const asked = `NOOP to ${channel.where}`;
  channel.send('NOOP\r\n');
  const reply = await readReply(channel, asked, STRANGER);
  if (reply.startsWith('250')) throw unexpected(STRANGER, asked, reply);
  if (!/^(200|33[12]|5(?!0[0-2])\d\d)/.test(reply)) throw unexpected(`reply-${reply.slice(0, 3)}`, asked, reply);
}

/** Some users need no password. */
async function logIn(channel: Channel, [user, password]: readonly [string, string]): Promise<void> {
  const asked = `USER to ${channel.where}`;
  channel.send(`USER ${user}\r\n`);
  const reply = await readReply(channel, asked, STRANGER);
  if (reply.startsWith('230')) return;
  if (!reply.startsWith('331')) throw unexpected(`reply-${reply.slice(0, 3)}`, asked, reply);
  await command(channel, ['PASS', `PASS ${password}`], '230', STRANGER);
}
