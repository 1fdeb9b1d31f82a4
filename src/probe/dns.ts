import { randomInt } from 'node:crypto';
import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import type { CheckOf } from '../config/checks/index.ts';
import { Channel } from './channel.ts';
import { exchange } from './datagram.ts';
import { bad, type CheckRunner, good, type Target } from './kind.ts';

type DnsCheck = CheckOf<'dns'>;
const ID_BYTES = 2;

/** One question; an answer belongs to it by its id, and is judged by its code and, if asked for, its records. */
export const probeDns: CheckRunner<'dns'> = async (target, check, signal) => {
  const request = encode({
    id: randomInt(65536),
    type: 'query',
    flags: RECURSION_DESIRED,
    questions: [{ name: check.name, type: check.type }],
  });
  const asked = `${check.type} of ${check.name}`;
  let answer =
    check.over === 'tcp'
      ? await overTcp(target, request, asked, signal)
      : await overUdp(target, request, asked, signal);
  if (answer.flag_tc && check.answer !== undefined && check.over === 'udp')
    answer = await overTcp(target, request, asked, signal);
  return judge(answer, check, `${asked} to ${target.address}`);
};

function judge(packet: DecodedPacket, check: DnsCheck, asked: string) {
  // The types of the library leave it out.
  const { rcode } = packet as DecodedPacket & { rcode: string };
  if (!check.rcode.some((accepted) => accepted === rcode))
    throw bad('match', rcode.toLowerCase(), `${asked} answered ${rcode}`);
  const records = (packet.answers ?? []).filter(({ type }) => type === check.type).map(inText);
  const answered = `${asked} answered ${rcode}`;
  if (check.answer === undefined) return good('match', rcode.toLowerCase(), answered);
  const wanted = plain(check.answer);
  if (records.some((record) => plain(record) === wanted))
    return good('match', 'answer', `${answered}, ${check.answer}`);
  const came = records.length === 0 ? 'nothing' : records.slice(0, 4).join(', ').slice(0, 200);
  throw bad('match', 'answer', `${answered} with ${came} and not ${check.answer}`);
}

const plain = (text: string): string => text.toLowerCase().replace(/\.$/, '');

/** A record as people write it. */
function inText(record: Answer): string {
  switch (record.type) {
    case 'MX':
      return record.data.exchange;
    case 'SRV':
      return record.data.target;
    case 'SOA':
      return record.data.mname;
    case 'TXT':
      return [record.data].flat().map(String).join('');
    default:
      return 'data' in record ? String(record.data) : '';
  }
}

function read(bytes: Buffer, request: Buffer, where: string): DecodedPacket {
  try {
    const packet = decode(bytes);
    if (packet.type === 'response' && packet.id === request.readUInt16BE(0)) return packet;
  } catch {
    // No DNS.
  }
  throw bad('match', 'not-dns', `${where} answered something that is not DNS`);
}

async function overUdp(target: Target, request: Buffer, asked: string, signal: AbortSignal): Promise<DecodedPacket> {
  const ours = (answer: Buffer): boolean =>
    answer.length > ID_BYTES && answer.subarray(0, ID_BYTES).equals(request.subarray(0, ID_BYTES));
  const { where, bytes } = await exchange(target, request, signal, ours);
  if (bytes === null) throw bad('response', 'timeout', `${asked} to ${where} got no answer in time`);
  return read(bytes, request, where);
}

async function overTcp(target: Target, request: Buffer, asked: string, signal: AbortSignal): Promise<DecodedPacket> {
  await using channel = await Channel.open(target, signal);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(request.length);
  channel.send(Buffer.concat([length, request]));
  const words = `${asked} to ${channel.where}`;
  const size = (await channel.exactly(words, 2)).readUInt16BE(0);
  return read(await channel.exactly(words, Math.min(size, 65_000)), request, channel.where);
}
