import { connect } from '../../api/client.ts';
import type { ServiceConnection } from '../../api/operations.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { formatEndpoint } from '../../base/ip.ts';
import { count } from '../../decide/words.ts';
import { type Command, JSON_OPTION, type Options, text } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { heads, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'connections',
  summary: "list the kernel's connection table, or the part of a service, server, client or state",
  options: [
    ...DAEMON_OPTIONS,
    { ...JSON_OPTION, summary: 'a line of JSON for each, as they are read, and one for the end' },
    { flags: '--service <name>', summary: 'only of this service' },
    { flags: '--server <name>', summary: 'only of this server' },
    { flags: '--client <address>', summary: 'only of this client' },
    { flags: '--state <word>', summary: 'only in this state, such as ESTABLISHED' },
    { flags: '--limit <count>', summary: 'at most so many', default: '1000' },
  ],
  examples: [
    'fairlead connections --service web --server web1   # what a drain waits for',
    'fairlead connections --client 192.0.2.7',
    'fairlead connections --json --limit 100000 | jq -r .state | sort | uniq -c',
  ],
  async run(_rest, options, io) {
    const client = connect(daemonOf(options));
    const rows: ServiceConnection[] = [];
    let end: 'complete' | 'limit' | 'time' | null = null;
    for await (const line of client.listConnections(wanted(options))) {
      if (options.json) io.out(`${JSON.stringify(line)}\n`);
      if ('end' in line) end = line.end;
      else if (!options.json) rows.push(line);
    }
    if (!options.json) io.out(`${table([HEADS, ...rows.map(cells)], styleOf(io))}\n`);
    if (end === null)
      throw failure('daemon-unreachable', { socket: text(options.socket), reason: 'the answer was cut off' });
    if (end !== 'complete') io.err(`${ENDS[end]}${options.json ? '' : ` ${count(rows.length, 'connection')}`}\n`);
    return EXIT.done;
  },
};

const ENDS = {
  limit: 'there are more (--limit); shown:',
  time: 'the table is so large that reading it took too long; found until then:',
} as const;

function wanted({ service, server, client, state, limit }: Options) {
  const most = Number(text(limit));
  if (!Number.isInteger(most) || most < 1 || most > 100_000)
    throw failure('usage', { detail: `--limit wants 1 to 100000, got "${text(limit)}"` });
  return {
    limit: most,
    ...(service !== undefined && { service: text(service) }),
    ...(server !== undefined && { server: text(server) }),
    ...(client !== undefined && { client: text(client) }),
    ...(state !== undefined && { state: text(state).toUpperCase() }),
  };
}

const HEADS = heads('protocol', 'client', 'virtual', 'destination', 'state', 'expires', 'server');

const cells = (row: ServiceConnection): string[] => [
  row.protocol,
  // A template of persistence has no port of its client.
  row.clientPort === 0 ? row.client : formatEndpoint(row.client, row.clientPort),
  formatEndpoint(row.virtual, row.virtualPort),
  formatEndpoint(row.destination, row.destinationPort),
  row.state,
  `${row.expiresS} s`,
  row.service === null ? '-' : `${row.service}/${row.server ?? '-'}`,
];
