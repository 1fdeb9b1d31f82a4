import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, Ended, good } from './kind.ts';
import { logIn, readGreeting } from './mysql-login.ts';
import { Fields, mysqlError, notMysql, packet, readPacket } from './mysql-wire.ts';

const COM_QUIT = 1;
const COM_QUERY = 3;
const MAX_COLUMNS = 200;

/** The greeting; with a user the login, and then the role and how far behind a replica is. */
export const probeMysql: CheckRunner<'mysql'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const greeting = await readGreeting(channel);
  const greeted = `${channel.where} greeted with ${greeting.version}`;
  if (check.user === undefined) return good('response', 'greeted', greeted);
  const note = await logIn(channel, target, check, greeting);
  const role = check.role === 'any' ? '' : await checkRole(channel, check.role);
  const lag = check.maxLag === undefined ? '' : await checkLag(channel, check.maxLag);
  channel.send(packet(0, Buffer.from([COM_QUIT])));
  return good('match', 'logged-in', `${greeted}, let ${check.user} in${role}${lag}${note}`);
};

async function checkRole(channel: Channel, role: CheckOf<'mysql'>['role']): Promise<string> {
  const row = await query(channel, 'SELECT @@global.read_only AS ro');
  const found = row?.get('ro') === '0' ? 'writable' : 'read-only';
  if (found !== role) throw bad('match', `role-${found}`, `${channel.where} is ${found} and not ${role}`);
  return `, is ${found}`;
}

async function checkLag(channel: Channel, maxLag: number): Promise<string> {
  const row = await replicaStatus(channel);
  if (row === null) throw bad('match', 'not-replica', `${channel.where} is no replica`);
  const behind = row.get('Seconds_Behind_Source') ?? row.get('Seconds_Behind_Master') ?? null;
  if (behind === null) throw bad('match', 'replica-stopped', `the replica ${channel.where} does not replicate`);
  if (Number(behind) * 1000 > maxLag)
    throw bad('match', 'replica-lag', `the replica ${channel.where} is ${behind} s behind`);
  return `, is ${behind} s behind`;
}

/** MySQL 8.4 knows only the new word, MariaDB before 10.5 only the old one. */
async function replicaStatus(channel: Channel): Promise<Row | null> {
  try {
    return await query(channel, 'SHOW REPLICA STATUS');
  } catch (error) {
    if (!(error instanceof Ended) || error.finding.outcome !== 'error-1064') throw error;
    return query(channel, 'SHOW SLAVE STATUS');
  }
}

type Row = ReadonlyMap<string, string | null>;

/** The first row of what a query answers, by column; null when there is none. */
async function query(channel: Channel, text: string): Promise<Row | null> {
  const asked = `${text.split(' ').slice(0, 2).join(' ')} to ${channel.where}`;
  channel.send(packet(0, Buffer.concat([Buffer.from([COM_QUERY]), Buffer.from(text)])));
  const next = async (): Promise<Buffer> => (await readPacket(channel, asked)).payload;
  const first = await next();
  if (first[0] === 0xff) throw mysqlError(first, asked);
  const count = first[0] ?? 0;
  if (count === 0 || count > MAX_COLUMNS) throw notMysql(asked);
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(columnName(await next(), asked));
  if (!isEnd(await next())) throw notMysql(asked);
  let row: Map<string, string | null> | null = null;
  for (;;) {
    const payload = await next();
    if (payload[0] === 0xff) throw mysqlError(payload, asked);
    if (isEnd(payload)) return row;
    if (row !== null) continue;
    const fields = new Fields(payload, asked);
    row = new Map(names.map((name) => [name, fields.counted()]));
  }
}

const isEnd = (payload: Buffer): boolean => payload[0] === 0xfe && payload.length < 9;

function columnName(payload: Buffer, asked: string): string {
  const fields = new Fields(payload, asked);
  // Catalog, schema, table, the table's own name.
  for (let i = 0; i < 4; i++) fields.counted();
  return fields.counted() ?? '';
}
