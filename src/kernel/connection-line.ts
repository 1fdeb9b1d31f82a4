import type { Connection } from '../model/connection.ts';
import { readIpv4, readIpv6 } from './address-bytes.ts';

/** Reads one line of /proc/net/ip_vs_conn; undefined for the header and for what is no such line. Fields are separated by
 *  blanks; the engine's data is the rest of the line and may hold blanks itself (ip_vs_conn.c, ip_vs_conn_seq_show). */
export function parseConnection(line: string): Connection | undefined {
  const found = LINE.exec(line);
  if (!found) return undefined;
  const [, protocol = '', client = '', clientPort = '', virtual = '', virtualPort = '', destination = ''] = found;
  const [, , , , , , , destinationPort = '', state = '', expires = '', engine, data] = found;
  const addresses = [client, virtual, destination].map(address);
  const [from, to, server] = addresses;
  if (from === undefined || to === undefined || server === undefined) return undefined;
  return {
    protocol: protocol.toLowerCase() as Connection['protocol'],
    client: from,
    clientPort: Number.parseInt(clientPort, 16),
    virtual: to,
    virtualPort: Number.parseInt(virtualPort, 16),
    destination: server,
    destinationPort: Number.parseInt(destinationPort, 16),
    state,
    expiresS: Number(expires),
    engine: engine === undefined ? null : { name: engine, data: data ?? '' },
  };
}

const LINE =
  /^(TCP|UDP|SCTP|IP(?:_\d+)?)\s+([\dA-Fa-f:]+) ([\dA-Fa-f]{4}) ([\dA-Fa-f:]+) ([\dA-Fa-f]{4}) ([\dA-Fa-f:]+) ([\dA-Fa-f]{4}) (\S+)\s+(\d+)(?: (\S+)(?: ([^\n]*))?)?$/;

const BYTES = new Uint8Array(16);

function address(text: string): string | undefined {
  const digits = text.includes(':') ? text.replaceAll(':', '') : text;
  if (digits.length !== (digits === text ? 8 : 32)) return undefined;
  for (let i = 0; i < digits.length / 2; i++) BYTES[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return digits === text ? readIpv4(BYTES, 0) : readIpv6(BYTES, 0);
}
