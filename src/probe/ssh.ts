import { Channel } from './channel.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { quoted, unexpected } from './session.ts';

/** Lines that may stand before the version (RFC 4253 4.2). */
const MOST_LINES = 50;

export const probeSsh: CheckRunner<'ssh'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const asked = `version of ${channel.where}`;
  for (let count = 0; count < MOST_LINES; count++) {
    const line = await channel.line(asked, 1024);
    if (!line.startsWith('SSH-')) continue;
    if (!/^SSH-(2\.0|1\.99)-/.test(line)) throw unexpected('ssh-version', asked, line);
    if (check.banner !== undefined && !line.includes(check.banner)) throw unexpected('banner', asked, line);
    return good('match', 'version', `${channel.where} is ${quoted(line)}`);
  }
  throw bad('match', 'not-ssh', `${asked} did not come within ${MOST_LINES} lines`);
};
