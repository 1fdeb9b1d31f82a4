import { Channel } from './channel.ts';
import { bad, type CheckRunner, good } from './kind.ts';

/** `version` is answered by every memcached, whatever it stores (doc/protocol.txt). */
export const probeMemcached: CheckRunner<'memcached'> = async (target, _check, signal) => {
  await using channel = await Channel.open(target, signal);
  const asked = `version to ${channel.where}`;
  channel.send('version\r\n');
  const line = await channel.line(asked, 512);
  if (!line.startsWith('VERSION '))
    throw bad('match', 'not-memcached', `${asked} answered ${JSON.stringify(line.slice(0, 60))}`);
  return good('match', 'version', `${asked} answered ${line.slice(0, 60)}`);
};
