import { call } from '../../api/client.ts';
import type { ListenerStatus, ServiceStatus, Status } from '../../api/operations.ts';
import { schedulerFlagWords } from '../../model/schedulers.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { WATCH_OPTION, watched } from '../repeat.ts';
import { type ServerRow, serverRows, serverState } from '../rows.ts';
import { ago, type Cell, type Colour, heads, painted, type Style, styleOf, table } from '../style.ts';
import { renderInstances } from './instances.ts';
import { overrideTable } from './overrides.ts';

export const command: Command = {
  usage: 'status',
  summary: 'show instances, services, servers, connections, and why everything is as it is',
  options: [...DAEMON_OPTIONS, JSON_OPTION, WATCH_OPTION],
  examples: [
    'fairlead status',
    'fairlead status --watch',
    'fairlead status --json | jq \'.services[].servers[] | select(.health != "up")\'',
  ],
  async run(_rest, options, io) {
    return watched(options, io, async () => {
      const status = await call(daemonOf(options), 'getStatus', {});
      return options.json ? JSON.stringify(status) : renderStatus(status, Date.now(), styleOf(io));
    });
  },
};

export function renderStatus(status: Status, now: number, style: Style): string {
  const show = (tone: Colour, words: string): string => painted({ text: words, tone }, style);
  const state = status.inSync ? show('green', 'in sync') : show('red', 'NOT in sync');
  const blocks = [
    `Fairlead ${status.version}, pid ${status.pid}, up ${ago(now - status.startedAtMs)}, ${status.file} revision ${status.revision}: kernel ${state}`,
    ...status.problems.map((problem) => show('red', `problem: ${problem}`)),
    ...renderOverrides(status, now, style),
    ...(status.instances.length > 0 ? [renderInstances(status, style)] : []),
    ...status.services.map((service) => renderService(service, style)),
  ];
  if (status.addresses.length > 0) {
    const rows = status.addresses.map(({ address, interface: name, present }): (string | Cell)[] => [
      `  ${address}`,
      name,
      present ? { text: 'held', tone: 'green' } : { text: 'missing', tone: 'red' },
    ]);
    blocks.push(`addresses\n${table(rows, style)}`);
  }
  if (status.sync.length > 0) {
    const rows = status.sync.map((daemon): (string | Cell)[] => [
      `  ${daemon.role}`,
      `${daemon.interface} id ${daemon.id}`,
      `${daemon.group} port ${daemon.port}`,
      daemon.running ? { text: 'running', tone: 'green' } : { text: 'not running', tone: 'red' },
    ]);
    blocks.push(`sync\n${table(rows, style)}`);
  }
  blocks.push(...status.notes.map((note) => show('dim', `note: ${note}`)));
  return blocks.join('\n\n');
}

const SHOWN_OVERRIDES = 10;

/** What is not as the file says stands before everything else. */
function renderOverrides({ overrides }: Status, now: number, style: Style): string[] {
  if (overrides.length === 0) return [];
  const more = overrides.length - SHOWN_OVERRIDES;
  const rest = more > 0 ? [`  and ${more} more: \`fairlead overrides\``] : [];
  const title = painted({ text: 'overrides', tone: 'bold' }, style);
  return [[title, overrideTable(overrides.slice(0, SHOWN_OVERRIDES), now, style), ...rest].join('\n')];
}

const HEADS = heads('  server', 'state', 'weight', 'active', 'inactive', 'total', 'why');

/** A service with its listeners and servers. */
export function renderService(service: ServiceStatus, style: Style): string {
  const listeners = service.listeners.map((listener) => `  ${renderListener(listener, style)}`);
  const rows = serverRows(service).map(renderServer);
  const title = painted({ text: service.name, tone: 'bold' }, style);
  return [title, ...listeners, table([HEADS, ...rows], style)].join('\n');
}

function renderListener(listener: ListenerStatus, style: Style): string {
  const { scheduler, schedulerFlags, persistence } = listener.service;
  const flags = schedulerFlagWords(scheduler, schedulerFlags);
  const parts = [
    scheduler + (flags.length > 0 ? ` (${flags.join(', ')})` : ''),
    ...(persistence ? [`persistent ${persistence.timeoutS} s`] : []),
  ];
  const missing = listener.inKernel ? '' : painted({ text: '  not in the kernel', tone: 'red' }, style);
  return `${listener.key}  ${parts.join(', ')}  ${listener.connections} connections${missing}`;
}

function renderServer(row: ServerRow): (string | Cell)[] {
  const { server, weight, active, inactive, total } = row;
  const state = serverState(server);
  const inTable = (count: number): string => (total === null ? '-' : String(count));
  return [
    `  ${server.name}`,
    { ...state, text: state.text + (server.forMs === null ? '' : ` for ${ago(server.forMs)}`) },
    weight === null ? '-' : String(weight),
    inTable(active),
    inTable(inactive),
    total === null ? '-' : String(total),
    server.operator === null ? server.why : `${server.operator} (${server.why})`,
  ];
}
