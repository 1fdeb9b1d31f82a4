import { parseConnection } from '../../kernel/connection-line.ts';
import type { Connection } from '../../model/connection.ts';
import { connectionsJson } from './json.ts';
import type { Names } from './names.ts';
import type { ListFormat } from './request.ts';
import { endpoint } from './words.ts';

/** The rows of /proc/net/ip_vs_conn; the header and what is no row are left out. Read the file as latin1, and write what
 *  is printed as latin1: an engine's data may hold any byte. */
export function readConnections(lines: Iterable<string>): Connection[] {
  const connections: Connection[] = [];
  for (const line of lines) {
    const connection = parseConnection(line);
    if (connection) connections.push(connection);
  }
  return connections;
}

/** Text of `-Lc`. */
export function printConnections(connections: readonly Connection[], format: ListFormat, names: Names): string {
  if (format.json) return connectionsJson(connections);
  const lines = ['IPVS connection entries', TITLE + (format.persistentConnections ? ENGINE_TITLE : '')];
  for (const connection of connections) lines.push(connectionLine(connection, format, names));
  return `${lines.join('\n')}\n`;
}

const TITLE = 'pro expire state       source             virtual            destination';
const ENGINE_TITLE = '        pe name          pe_data';

function connectionLine(row: Connection, format: ListFormat, names: Names): string {
  // ipvsadm knows these two only.
  const protocol = row.protocol === 'tcp' || row.protocol === 'udp' ? row.protocol : undefined;
  const text = (address: string, port: number): string => endpoint(address, port, protocol, format, names);
  const line = [
    row.protocol.toUpperCase().padEnd(3),
    `${twoDigits(Math.trunc(row.expiresS / 60))}:${twoDigits(row.expiresS % 60)}`.padEnd(6),
    row.state.padEnd(11),
    text(row.client, row.clientPort).padEnd(18),
    text(row.virtual, row.virtualPort).padEnd(18),
  ].join(' ');
  const destination = text(row.destination, row.destinationPort);
  if (!format.persistentConnections || !row.engine) return `${line} ${destination}`;
  return `${line} ${destination.padEnd(16)} ${row.engine.name.padEnd(18)} ${row.engine.data}`;
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');
