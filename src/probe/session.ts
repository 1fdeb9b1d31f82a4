import { type TlsSettings, tls } from '../config/checks/tls.ts';
import type { Channel } from './channel.ts';
import { bad, type Ended, type Finding, good, type Target } from './kind.ts';
import { readPassword } from './secret.ts';
import { speakTls } from './tls.ts';

/** What a check says of TLS and of logging in, for protocols that begin with a greeting. */
export interface SessionSettings {
  readonly tls?: TlsSettings | undefined;
  readonly startTls: boolean;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** TLS before the first word, if it is asked for; answers what is to be said of the certificate. */
export const tlsAtOnce = async (channel: Channel, target: Target, check: SessionSettings): Promise<string> =>
  check.tls && !check.startTls ? speakTls(channel, target, check.tls) : '';

/** TLS in the middle: `ask` gets the server's consent first. */
export async function tlsOnRequest(
  channel: Channel,
  target: Target,
  check: SessionSettings,
  ask: () => Promise<unknown>,
): Promise<string> {
  if (!check.startTls) return '';
  await ask();
  return speakTls(channel, target, check.tls ?? tls.parse({}));
}

export async function credentials({ user, passwordFile }: SessionSettings): Promise<readonly [string, string] | null> {
  if (user === undefined) return null;
  return [user, await readPassword(passwordFile)];
}

/** What a server said, short and printable. */
export const quoted = (line: string): string => JSON.stringify(line.slice(0, 100));

export const unexpected = (outcome: string, asked: string, line: string): Ended =>
  bad('match', outcome, `${asked} answered ${quoted(line)}`);

/** What a session that came to its end showed; `note` is what there is to say of the certificate. */
export const greeted = (channel: Channel, hello: string, loggedIn: boolean, note: string): Finding =>
  good(
    'match',
    'greeted',
    `${channel.where} greeted with ${quoted(hello)}${loggedIn ? ' and let us log in' : ''}${note}`,
  );

const MOST_LINES = 100;

/** A reply of SMTP or FTP (RFC 5321 4.2, RFC 959 4.2), which may have several lines; its last one. What does not begin with
 *  three digits is another protocol: `stranger`. */
export async function readReply(channel: Channel, asked: string, stranger: string): Promise<string> {
  const first = await channel.line(asked, 2048);
  const code = /^(\d{3})(?:[ -]|$)/.exec(first)?.[1];
  if (code === undefined) throw unexpected(stranger, asked, first);
  let line = first;
  for (let count = 1; line.startsWith(`${code}-`) || !line.startsWith(code); count++) {
    if (count > MOST_LINES) throw bad('response', 'too-long', `${asked} answered more than ${MOST_LINES} lines`);
    line = await channel.line(asked, 2048);
  }
  return line;
}

/** Sends a command and wants a reply that begins as `wanted` says. `name` stands for it in words: it may hold a secret. */
export async function command(
  channel: Channel,
  [name, line]: readonly [string, string],
  wanted: string,
  stranger: string,
): Promise<string> {
  const asked = `${name} to ${channel.where}`;
  channel.send(`${line}\r\n`);
  const reply = await readReply(channel, asked, stranger);
  if (!reply.startsWith(wanted)) throw unexpected(`reply-${reply.slice(0, 3)}`, asked, reply);
  return reply;
}

export async function greeting(channel: Channel, stranger: string): Promise<string> {
  const asked = `greeting of ${channel.where}`;
  const reply = await readReply(channel, asked, stranger);
  if (!reply.startsWith('220')) throw unexpected(`reply-${reply.slice(0, 3)}`, asked, reply);
  return reply;
}
