import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, type Finding, good, type Target } from './kind.ts';
import { beLetIn } from './postgresql-login.ts';
import {
  errorFields,
  message,
  notPostgresql,
  PROTOCOL_3,
  postgresqlError,
  readMessage,
  request,
  SSL_REQUEST,
  zeroEnded,
} from './postgresql-wire.ts';
import { readPassword } from './secret.ts';
import { speakTls } from './tls.ts';

/** The server would talk; with a user the login, then the role and how far behind a standby is. */
export const probePostgresql: CheckRunner<'postgresql'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const note = check.tls ? await startTls(channel, target, check.tls) : '';
  const parameters = { user: check.user ?? 'fairlead', database: check.database, application_name: 'fairlead' };
  const words = Object.entries(parameters).flatMap((pair) => pair.map(zeroEnded));
  channel.send(request(PROTOCOL_3, Buffer.concat([...words, Buffer.from([0])])));
  if (check.user === undefined) return await wouldTalk(channel, note);
  await beLetIn(channel, check.user, await readPassword(check.passwordFile));
  const role = check.role === 'any' && check.maxLag === undefined ? '' : await checkRole(channel, check);
  channel.send(message('X', Buffer.alloc(0)));
  return good('match', 'logged-in', `${channel.where} let ${check.user} in${role}${note}`);
};

async function startTls(
  channel: Channel,
  target: Target,
  tls: NonNullable<CheckOf<'postgresql'>['tls']>,
): Promise<string> {
  channel.send(request(SSL_REQUEST));
  const answer = await channel.exactly(`TLS request to ${channel.where}`, 1);
  if (answer.toString('latin1') !== 'S') throw bad('connect', 'no-tls', `${channel.where} does not offer TLS`);
  return speakTls(channel, target, tls, { ALPNProtocols: ['postgresql'] });
}

/** As pg_isready: any question, and any refusal but "I am starting up, or going down" (57P03), is life. */
async function wouldTalk(channel: Channel, note: string): Promise<Finding> {
  const asked = `startup at ${channel.where}`;
  const { letter, body } = await readMessage(channel, asked);
  if (letter === 'R') return good('response', 'talks', `${channel.where} would talk${note}`);
  if (letter !== 'E') throw notPostgresql(asked);
  const state = errorFields(body).get('C');
  if (state === undefined) throw notPostgresql(asked);
  if (state === '57P03') throw postgresqlError(body, asked);
  return good('response', 'talks', `${channel.where} would talk (${state})${note}`);
}

/** A standby that has replayed all it received is not behind, however long ago the last transaction was, as long as somebody
 *  sends: without a receiver nobody knows what it has missed. An ordinary user sees of pg_stat_wal_receiver only whether
 *  there is one, which is enough (monitoring-stats: "pg_stat_wal_receiver"). */
const QUERY =
  'SELECT pg_is_in_recovery(), receiving, ' +
  'CASE WHEN receiving AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ' +
  'ELSE EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())::int END ' +
  'FROM (SELECT EXISTS (SELECT 1 FROM pg_stat_wal_receiver) AS receiving) AS link';

async function checkRole(channel: Channel, { role, maxLag }: CheckOf<'postgresql'>): Promise<string> {
  const [recovering, receiving, behind = null] = await query(channel, QUERY);
  const found = recovering === 't' ? 'standby' : 'primary';
  if (role !== 'any' && found !== role)
    throw bad('match', `role-${found}`, `${channel.where} is ${found} and not ${role}`);
  if (found === 'primary' || maxLag === undefined) return `, is ${found}`;
  if (behind !== null && Number(behind) * 1000 <= maxLag) return `, is standby and ${behind} s behind`;
  const age = behind === null ? 'of unknown age' : `${behind} s old`;
  throw receiving === 't'
    ? bad(
        'match',
        'replica-lag',
        `the standby ${channel.where} is ${behind === null ? 'an unknown time' : `${behind} s`} behind`,
      )
    : bad(
        'match',
        'replica-disconnected',
        `the standby ${channel.where} hears from no primary, and its last transaction is ${age}`,
      );
}

/** The columns of the first row as text. */
async function query(channel: Channel, text: string): Promise<(string | null)[]> {
  const asked = `query to ${channel.where}`;
  channel.send(message('Q', zeroEnded(text)));
  let row: (string | null)[] = [];
  for (let turn = 0; turn < 100; turn++) {
    const { letter, body } = await readMessage(channel, asked);
    if (letter === 'E') throw postgresqlError(body, asked);
    if (letter === 'Z') return row;
    if (letter === 'D' && row.length === 0) row = columns(body, asked);
  }
  throw notPostgresql(asked);
}

function columns(body: Buffer, asked: string): (string | null)[] {
  const found: (string | null)[] = [];
  let at = 2;
  for (let count = body.length < 2 ? 0 : body.readUInt16BE(0); count > 0; count--) {
    if (at + 4 > body.length) throw notPostgresql(asked);
    const length = body.readInt32BE(at);
    at += 4;
    if (length > body.length - at) throw notPostgresql(asked);
    found.push(length < 0 ? null : body.subarray(at, at + length).toString('utf8'));
    at += Math.max(0, length);
  }
  return found;
}
