import { Channel } from './channel.ts';
import { type CheckRunner, Ended } from './kind.ts';
import { command, credentials, greeted, greeting, tlsAtOnce, tlsOnRequest } from './session.ts';

const STRANGER = 'not-smtp';

/** Greeting, EHLO, STARTTLS and AUTH PLAIN as far as they are asked for, and a QUIT that nobody waits for. */
export const probeSmtp: CheckRunner<'smtp'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const atOnce = await tlsAtOnce(channel, target, check);
  const hello = await greeting(channel, STRANGER);
  await introduce(channel, check.helo);
  const start = () => command(channel, ['STARTTLS', 'STARTTLS'], '220', STRANGER);
  const later = await tlsOnRequest(channel, target, check, start);
  if (check.startTls) await introduce(channel, check.helo);
  const login = await credentials(check);
  if (login !== null) {
    const token = Buffer.from(`\0${login[0]}\0${login[1]}`).toString('base64');
    await command(channel, ['AUTH PLAIN', `AUTH PLAIN ${token}`], '235', STRANGER);
  }
  channel.send('QUIT\r\n');
  return greeted(channel, hello, login !== null, atOnce + later);
};

async function introduce(channel: Channel, name: string): Promise<void> {
  try {
    await command(channel, ['EHLO', `EHLO ${name}`], '250', STRANGER);
  } catch (error) {
    // A server from before ESMTP (RFC 5321 3.2).
    if (!(error instanceof Ended) || !/^reply-50[02]$/.test(error.finding.outcome)) throw error;
    await command(channel, ['HELO', `HELO ${name}`], '250', STRANGER);
  }
}
