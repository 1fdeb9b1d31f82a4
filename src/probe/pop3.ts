import { Channel } from './channel.ts';
import type { CheckRunner } from './kind.ts';
import { credentials, greeted, tlsAtOnce, tlsOnRequest, unexpected } from './session.ts';

export const probePop3: CheckRunner<'pop3'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const atOnce = await tlsAtOnce(channel, target, check);
  const hello = await answer(channel, `greeting of ${channel.where}`);
  const later = await tlsOnRequest(channel, target, check, () => ask(channel, 'STLS', 'STLS'));
  const login = await credentials(check);
  if (login !== null) {
    await ask(channel, 'USER', `USER ${login[0]}`);
    await ask(channel, 'PASS', `PASS ${login[1]}`);
  }
  channel.send('QUIT\r\n');
  return greeted(channel, hello, login !== null, atOnce + later);
};

function ask(channel: Channel, name: string, line: string): Promise<string> {
  channel.send(`${line}\r\n`);
  return answer(channel, `${name} to ${channel.where}`);
}

async function answer(channel: Channel, asked: string): Promise<string> {
  const line = await channel.line(asked, 1024);
  if (/^\+OK\b/.test(line)) return line;
  throw unexpected(line.startsWith('-ERR') ? 'err' : 'not-pop3', asked, line);
}
