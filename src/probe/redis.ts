import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, Ended, good, outcomeOf, type Target } from './kind.ts';
import { command, RedisError, type Reply, readReply } from './resp.ts';
import { readSecret } from './secret.ts';
import { speakTls } from './tls.ts';

type RedisCheck = CheckOf<'redis'>;

/** PING, then the role if one is asked for, then what the sentinels say. */
export const probeRedis: CheckRunner<'redis'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const note = check.tls ? await speakTls(channel, target, check.tls) : '';
  await logIn(channel, check);
  const pong = await ask(channel, 'PING');
  if (pong !== 'PONG') throw bad('match', 'not-redis', `PING to ${channel.where} answered something else than PONG`);
  const role = check.role === 'any' && check.maxLag === undefined ? '' : `, ${await checkRole(channel, check)}`;
  const named = check.sentinels ? `, ${await checkSentinels(target, check.sentinels, signal)}` : '';
  return good('match', 'pong', `PING to ${channel.where} answered PONG${role}${named}${note}`);
};

async function logIn(channel: Channel, { user, passwordFile }: RedisCheck): Promise<void> {
  if (passwordFile === undefined) return;
  const password = await readSecret(passwordFile);
  await ask(channel, 'AUTH', ...(user === undefined ? [password] : [user, password]));
}

/** The reply, unless it is an error. Only the first word is quoted: others may be secrets. */
async function ask(channel: Channel, ...words: [string, ...string[]]): Promise<Reply> {
  const asked = `${words[0]} to ${channel.where}`;
  channel.send(command(...words));
  const reply = await readReply(channel, asked);
  if (!(reply instanceof RedisError)) return reply;
  const word = /^[A-Z]+/.exec(reply.text)?.[0] ?? 'error';
  throw bad('match', word.toLowerCase(), `${asked} answered ${reply.text}`);
}

async function checkRole(channel: Channel, { role, maxLag }: RedisCheck): Promise<string> {
  const asked = `ROLE to ${channel.where}`;
  const reply = await ask(channel, 'ROLE');
  const [found, , , link] = Array.isArray(reply) ? reply : [];
  const has = found === 'slave' ? 'replica' : String(found);
  if (role !== 'any' && has !== role) throw bad('match', `role-${has}`, `${asked} answered ${has} and not ${role}`);
  if (has !== 'replica') return `is ${has}`;
  if (link !== 'connected') throw bad('match', 'replica-disconnected', `${asked} answered replica, ${String(link)}`);
  if (maxLag === undefined) return 'is replica';
  const info = await ask(channel, 'INFO', 'replication');
  const ago = Number(/^master_last_io_seconds_ago:(-?\d+)/m.exec(String(info))?.[1] ?? Number.NaN);
  if (!(ago >= 0 && ago * 1000 <= maxLag))
    throw bad(
      'match',
      'replica-lag',
      `the replica ${channel.where} heard from its master ${Number.isNaN(ago) ? 'never' : `${ago} s ago`}`,
    );
  return `is replica and heard from its master ${ago} s ago`;
}

/** Asked from where the server is asked, each within the limits of the phases; but the connection to the server still stands,
 *  and has the port, and a PROXY header is for the server alone. */
function alike(target: Target): Target {
  const { proxy: _, ...alone } = target;
  if (target.from?.port === undefined) return alone;
  const { port: __, ...from } = target.from;
  return { ...alone, from };
}

/** Believes the first sentinel that answers; that none does is not the server's fault, but nobody then knows it is master. */
async function checkSentinels(
  target: Target,
  { master, addresses }: NonNullable<RedisCheck['sentinels']>,
  signal: AbortSignal,
): Promise<string> {
  let last: Ended | undefined;
  const asTarget = alike(target);
  for (const sentinel of addresses) {
    try {
      await using channel = await Channel.open({ ...asTarget, ...sentinel }, signal);
      const asked = `sentinel ${channel.where}`;
      channel.send(command('SENTINEL', 'get-master-addr-by-name', master));
      const reply = await readReply(channel, asked);
      const [address, port] = Array.isArray(reply) ? reply : [];
      if (typeof address !== 'string') throw bad('match', 'sentinel', `${asked} knows no master "${master}"`);
      if (Number(port) === target.port && (await isAt(address, target.address, asked, signal)))
        return `${asked} calls it master`;
      throw bad('match', 'not-master', `${asked} calls ${address}:${String(port)} master`);
    } catch (error) {
      if (!(error instanceof Ended) || error.finding.outcome === 'not-master') throw error;
      last = error;
    }
  }
  throw last ?? bad('match', 'sentinel', 'no sentinel answered');
}

/** A sentinel with `announce-hostnames` tells names. */
async function isAt(told: string, address: string, asked: string, signal: AbortSignal): Promise<boolean> {
  if (isIP(told) !== 0) return told === address;
  const called = `${asked} calls ${told} master, and that name`;
  let stop = (): void => {};
  const over = new Promise<never>((_, reject) => {
    stop = () => reject(bad('match', 'sentinel', `${called} was not found in time`));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    const found = await Promise.race([lookup(told, { all: true }), over]);
    return found.some((one) => one.address === address);
  } catch (error) {
    throw error instanceof Ended ? error : bad('match', 'sentinel', `${called} cannot be found: ${outcomeOf(error)}`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
