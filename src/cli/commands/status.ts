import { call } from '../../api/client.ts';
import type { ListenerStatus, ServerStatus, ServiceStatus, Status } from '../../api/operations.ts';
import { EXIT } from '../../base/errors.ts';
import { schedulerFlagWords } from '../../model/schedulers.ts';
import { type Command, JSON_OPTION, SOCKET_OPTION, text } from '../command.ts';
import { everySecond } from '../repeat.ts';
import { ago, painter, table } from '../style.ts';
import { renderInstances } from './instances.ts';

export const command: Command = {
  usage: 'status',
  summary: 'show instances, services, servers, connections, and why everything is as it is',
  options: [SOCKET_OPTION, JSON_OPTION, { flags: '--watch', summary: 'again every second; with --json one line each' }],
  examples: [
    'fairlead status',
    'fairlead status --watch',
    'fairlead status --json | jq \'.services[].servers[] | select(.health != "up")\'',
  ],
  async run(_rest, options, io) {
    const show = async (): Promise<void> => {
      const status = await call(text(options.socket), 'getStatus', {});
      const shown = options.json
        ? `${JSON.stringify(status)}\n`
        : renderStatus(status, Date.now(), painter(io.terminal));
      io.out(options.watch && io.terminal ? `\u001b[H\u001b[2J${shown}` : shown);
    };
    await show();
    if (options.watch) await everySecond(show);
    return EXIT.done;
  },
};

type Paint = ReturnType<typeof painter>;

export function renderStatus(status: Status, now: number, paint: Paint): string {
  const state = status.inSync ? paint('green', 'in sync') : paint('red', 'NOT in sync');
  const blocks = [
    `Fairlead ${status.version}, pid ${status.pid}, up ${ago(now - status.startedAtMs)}, ${status.file} revision ${status.revision}: kernel ${state}`,
    ...status.problems.map((problem) => paint('red', `problem: ${problem}`)),
    ...(status.instances.length > 0 ? [renderInstances(status, paint)] : []),
    ...status.services.map((service) => renderService(service, paint)),
  ];
  if (status.addresses.length > 0) {
    const rows = status.addresses.map((a) => [
      `  ${a.address}`,
      a.interface,
      a.present ? paint('green', 'held') : paint('red', 'missing'),
    ]);
    blocks.push(`addresses\n${table(rows)}`);
  }
  if (status.sync.length > 0) {
    const rows = status.sync.map((daemon) => [
      `  ${daemon.role}`,
      `${daemon.interface} id ${daemon.id}`,
      `${daemon.group} port ${daemon.port}`,
      daemon.running ? paint('green', 'running') : paint('red', 'not running'),
    ]);
    blocks.push(`sync\n${table(rows)}`);
  }
  blocks.push(...status.notes.map((note) => paint('dim', `note: ${note}`)));
  return `${blocks.join('\n\n')}\n`;
}

function renderService(service: ServiceStatus, paint: Paint): string {
  const listeners = service.listeners.map((listener) => `  ${renderListener(listener, paint)}`);
  const header = ['  server', 'state', 'weight', 'active', 'inactive', 'total', 'why'].map((cell) =>
    paint('dim', cell),
  );
  const rows = service.servers.map((server) => renderServer(server, service.listeners, paint));
  return [paint('bold', service.name), ...listeners, table([header, ...rows])].join('\n');
}

function renderListener(listener: ListenerStatus, paint: Paint): string {
  const { scheduler, schedulerFlags, persistence } = listener.service;
  const flags = schedulerFlagWords(scheduler, schedulerFlags);
  const parts = [
    scheduler + (flags.length > 0 ? ` (${flags.join(', ')})` : ''),
    ...(persistence ? [`persistent ${persistence.timeoutS} s`] : []),
  ];
  const missing = listener.inKernel ? '' : paint('red', '  not in the kernel');
  return `${listener.key}  ${parts.join(', ')}  ${listener.connections} connections${missing}`;
}

function renderServer(server: ServerStatus, listeners: readonly ListenerStatus[], paint: Paint): string[] {
  const mine = listeners
    .flatMap((listener) => listener.destinations)
    .filter((destination) => destination.server === server.name);
  const sum = (pick: (d: (typeof mine)[number]) => number): string =>
    mine.length === 0 ? '-' : String(mine.reduce((total, d) => total + pick(d), 0));
  const total = mine.length === 0 ? '-' : String(mine.reduce((all, d) => all + BigInt(d.connections), 0n));
  const since = server.forMs === null ? '' : ` for ${ago(server.forMs)}`;
  return [
    `  ${server.name}`,
    stateWord(server, paint) + since,
    mine[0] ? String(mine[0].weight) : '-',
    sum((d) => d.activeConnections),
    sum((d) => d.inactiveConnections),
    total,
    server.why,
  ];
}

function stateWord(server: ServerStatus, paint: Paint): string {
  if (server.administrative === 'drain') return paint('yellow', `${server.health}, drained`);
  const colour = { up: 'green', unchecked: 'green', unknown: 'yellow', down: 'red' } as const;
  return paint(colour[server.health], server.health);
}
