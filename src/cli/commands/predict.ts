import { call } from '../../api/client.ts';
import type { Forecast } from '../../api/operations.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION, text } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { heads, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'predict <clients> <service>',
  summary:
    'say which server each of many clients gets, and who would get another one without some servers (CLIENTS are addresses and networks with commas between)',
  options: [
    ...DAEMON_OPTIONS,
    JSON_OPTION,
    { flags: '--without <servers>', summary: 'as if these servers, with commas between, were removed' },
  ],
  examples: [
    'fairlead predict 192.0.2.7,192.0.2.8 web',
    'fairlead predict 192.0.2.0/24 web --without web1   # who moves if web1 goes?',
    'fairlead predict 192.0.2.0/24 web --json | jq .listeners[].servers',
  ],
  async run([clients = '', service = ''], options, io) {
    const without = options.without === undefined ? {} : { without: text(options.without) };
    const forecast = await call(daemonOf(options), 'predict', { clients, service, ...without });
    io.out(options.json ? `${JSON.stringify(forecast)}\n` : `${inWords(forecast, styleOf(io))}\n`);
    return EXIT.done;
  },
};

/** More clients than so many are counted, not listed. */
const LISTED = 32;

const inWords = ({ listeners }: Forecast, style: Style): string =>
  listeners.map((listener) => listenerInWords(listener, style)).join('\n\n');

function listenerInWords(listener: Forecast['listeners'][number], style: Style): string {
  const { listener: key, scheduler, clients, servers, removal } = listener;
  const moves = clients.some(({ without }) => without !== null);
  const rows = clients
    .slice(0, LISTED)
    .map(({ client, kind, server, destination, without }) => [
      `  ${client}`,
      named(server, destination) ?? kind,
      ...(moves ? [named(without?.server, without?.destination) ?? 'none'] : []),
    ]);
  const more = clients.length > LISTED ? [`  and ${clients.length - LISTED} clients more`] : [];
  const counts = servers.map(({ server, clients: count }) => [`  ${server}`, `${count} of ${clients.length} clients`]);
  return [
    `${key}  ${scheduler}`,
    table([heads('  client', 'server', ...(moves ? ['without'] : [])), ...rows], style),
    ...more,
    ...(counts.length > 0 ? [table(counts, style)] : []),
    ...(removal === null ? [] : [removalInWords(removal)]),
  ].join('\n');
}

const named = (server: string | null | undefined, destination: string | null | undefined): string | undefined =>
  destination == null
    ? undefined
    : server == null || server === destination
      ? destination
      : `${server} (${destination})`;

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

const removalInWords = ({ servers, left, others, refused }: NonNullable<Forecast['listeners'][number]['removal']>) =>
  `removing ${servers.join(', ')} moves ${percent(left)} of all clients; ${percent(others)} of the others get another server too; ${percent(refused)} are refused`;
