import { connect, type ServerOfService } from '../../api/client.ts';
import { failure } from '../../base/errors.ts';
import { type Command, JSON_OPTION, type Options, text } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { allOf } from '../pages.ts';
import { WATCH_OPTION, watched } from '../repeat.ts';
import { serverState } from '../rows.ts';
import { ago, type Cell, heads, styleOf, table } from '../style.ts';

const HEALTH = ['up', 'down', 'unknown', 'unchecked'] as const;

export const command: Command = {
  usage: 'servers [service]',
  summary: 'list real servers of one service or all: health, weight, connections, and why they are as they are',
  options: [
    ...DAEMON_OPTIONS,
    JSON_OPTION,
    WATCH_OPTION,
    { flags: '--health <word>', summary: `only those that are ${HEALTH.join(', ')}` },
  ],
  examples: ['fairlead servers web', 'fairlead servers --health down', "fairlead servers --json | jq -r '.[].why'"],
  async run([service], options, io) {
    const client = connect(daemonOf(options));
    const wanted = { ...(service !== undefined && { service }), ...healthOf(options) };
    return watched(options, io, async () => {
      const servers = await allOf(async (cursor) => {
        const { servers: items, next } = await client.listServers({
          ...wanted,
          limit: 1000,
          ...(cursor && { cursor }),
        });
        return { items, next };
      });
      return options.json ? JSON.stringify(servers) : table([HEADS, ...servers.map(cells)], styleOf(io));
    });
  },
};

function healthOf({ health }: Options): { health?: (typeof HEALTH)[number] } {
  if (health === undefined) return {};
  const known = HEALTH.find((word) => word === health);
  if (known) return { health: known };
  throw failure('usage', { detail: `--health is one of ${HEALTH.join(', ')}, not "${text(health)}"` });
}

const HEADS = heads('server', 'address', 'state', 'weight', 'active', 'inactive', 'total', 'why');

const cells = (server: ServerOfService): (string | Cell)[] => {
  const state = serverState(server);
  return [
    `${server.service}/${server.name}`,
    server.address,
    { ...state, text: state.text + (server.forMs === null ? '' : ` for ${ago(server.forMs)}`) },
    server.weight === null ? '-' : String(server.weight),
    String(server.activeConnections),
    String(server.inactiveConnections),
    server.connections,
    server.why,
  ];
};
