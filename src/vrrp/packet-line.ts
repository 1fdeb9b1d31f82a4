import { VERDICTS } from '../model/vrrp.ts';
import type { SeenPacket } from '../model/vrrp-packet.ts';

const CHECKSUMS: Readonly<Record<SeenPacket['checksum'], string>> = {
  pseudo: 'checksum with pseudo-header',
  message: 'checksum over the message',
  wrong: 'checksum wrong',
  unknown: 'checksum not checked',
};

/** One line about a packet: from where to where, what it says, what is wrong with it. */
export function packetLine(packet: SeenPacket): string {
  const { verdict } = packet;
  const parts = [
    `${packet.source} -> ${packet.destination}${packet.sent ? ' (sent)' : ''}`,
    verdict === 'short' ? `${packet.size} bytes` : contents(packet),
    `ttl ${packet.ttl}`,
    ...(verdict === 'short' ? [] : [CHECKSUMS[packet.checksum]]),
    verdict === 'accepted' ? 'valid' : `refused: ${VERDICTS[verdict]} (${verdict})`,
  ];
  return parts.join('  ');
}

function contents(packet: SeenPacket): string {
  const words = [`v${packet.version}`];
  if (packet.type !== 1) words.push(`type ${packet.type}`);
  words.push(`vrid ${packet.vrid}`, `prio ${packet.priority}`, `interval ${packet.intervalMs} ms`, ...packet.addresses);
  if (packet.version === 2 && packet.authentication !== 0)
    words.push(packet.authentication === 1 ? 'password' : `authentication ${packet.authentication}`);
  if (packet.hmacKey !== null) words.push(`hmac key ${packet.hmacKey}`);
  return words.join(' ');
}
