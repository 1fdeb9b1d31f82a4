import { connect } from '../../api/client.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { allOf } from '../pages.ts';
import { WATCH_OPTION, watched } from '../repeat.ts';
import { listenersOf, type ServiceRow, serviceRow, serviceState } from '../rows.ts';
import { type Cell, heads, styleOf, table } from '../style.ts';
import { renderService } from './status.ts';

export const command: Command = {
  usage: 'services [service]',
  summary: 'list services: how many of their servers are up, and their connections; or show one with all its servers',
  options: [...DAEMON_OPTIONS, JSON_OPTION, WATCH_OPTION],
  examples: [
    'fairlead services',
    'fairlead services web --watch',
    'fairlead services --json | jq -r \'.[] | select(all(.servers[]; .health != "up")).name\'',
  ],
  async run([name], options, io) {
    const client = connect(daemonOf(options));
    const style = styleOf(io);
    return watched(options, io, async () => {
      if (name !== undefined) {
        const service = await client.getService({ service: name });
        return options.json ? JSON.stringify(service) : renderService(service, style);
      }
      const services = await allOf(async (cursor) => {
        const { services: items, next } = await client.listServices({ limit: 1000, ...(cursor && { cursor }) });
        return { items, next };
      });
      return options.json ? JSON.stringify(services) : table([HEADS, ...services.map(serviceRow).map(cells)], style);
    });
  },
};

const HEADS = heads('service', 'state', 'up', 'active', 'inactive', 'total', 'listeners');

const cells = (row: ServiceRow): (string | Cell)[] => [
  row.service.name,
  serviceState(row),
  `${row.up}/${row.service.servers.length}`,
  String(row.active),
  String(row.inactive),
  String(row.total),
  listenersOf(row.service.listeners),
];
