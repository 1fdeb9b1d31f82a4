import { Channel } from './channel.ts';
import { bad, type CheckRunner } from './kind.ts';
import { credentials, greeted, tlsAtOnce, tlsOnRequest, unexpected } from './session.ts';

const MOST_LINES = 100;

export const probeImap: CheckRunner<'imap'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const atOnce = await tlsAtOnce(channel, target, check);
  const asked = `greeting of ${channel.where}`;
  const hello = await channel.line(asked);
  if (!/^\* (OK|PREAUTH)\b/i.test(hello)) throw unexpected(/^\* BYE/i.test(hello) ? 'bye' : 'not-imap', asked, hello);
  const later = await tlsOnRequest(channel, target, check, () => ask(channel, 'STARTTLS', 'STARTTLS'));
  const login = await credentials(check);
  if (login !== null) await ask(channel, 'LOGIN', `LOGIN ${string(login[0])} ${string(login[1])}`);
  channel.send('z LOGOUT\r\n');
  return greeted(channel, hello, login !== null, atOnce + later);
};

/** A quoted string (RFC 3501 4.3). */
const string = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Lines without our tag are news that we did not ask for. */
async function ask(channel: Channel, name: string, line: string): Promise<void> {
  const asked = `${name} to ${channel.where}`;
  channel.send(`a ${line}\r\n`);
  for (let count = 0; count < MOST_LINES; count++) {
    const answer = await channel.line(asked);
    if (/^a OK\b/i.test(answer)) return;
    const refused = /^a (NO|BAD)\b/i.exec(answer)?.[1];
    if (refused !== undefined) throw unexpected(refused.toLowerCase(), asked, answer);
    if (!/^[*+] /.test(answer)) throw unexpected('not-imap', asked, answer);
  }
  throw bad('response', 'too-long', `${asked} answered more than ${MOST_LINES} lines`);
}
