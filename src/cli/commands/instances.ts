import { call } from '../../api/client.ts';
import type { InstanceStatus, InstancesStatus } from '../../api/operations.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { instanceCells } from '../instance.ts';
import { WATCH_OPTION, watched } from '../repeat.ts';
import { ago, type Cell, heads, painted, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'instances',
  summary: 'show VRRP instances: who is master, since when, and why',
  options: [...DAEMON_OPTIONS, JSON_OPTION, WATCH_OPTION],
  examples: [
    'fairlead instances',
    'fairlead instances --json | jq -r \'.instances[] | select(.state == "master").name\'',
  ],
  async run(_rest, options, io) {
    return watched(options, io, async () => {
      const status = await call(daemonOf(options), 'listInstances', {});
      return options.json ? JSON.stringify(status) : renderInstances(status, styleOf(io));
    });
  },
};

export function renderInstances({ maintenance, instances }: InstancesStatus, style: Style): string {
  const rivals = instances.flatMap(({ name, rivals: others }) =>
    others.map((rival) => `split brain: ${rival.address} (priority ${rival.priority}) claims ${name} as well`),
  );
  const duplicates = instances.flatMap(({ name, duplicates: others }) =>
    others.map(({ address, interface: on, mac }) => `${address} of ${name} is also held by ${mac}, on ${on}`),
  );
  return [
    ...(maintenance ? [painted({ text: MAINTENANCE, tone: 'yellow' }, style)] : []),
    table([HEADS, ...instances.map(renderInstance)], style),
    ...[...rivals, ...duplicates].map((text) => painted({ text, tone: 'red' }, style)),
  ].join('\n');
}

const MAINTENANCE = 'maintenance is on: this director takes nothing; `fairlead maintenance off` ends it';
const HEADS = heads('instance', 'state', 'priority', 'master', 'addresses', 'why');

function renderInstance(instance: InstanceStatus): (string | Cell)[] {
  const { state, master, held } = instanceCells(instance);
  const since = { ...state, text: `${state.text} for ${ago(instance.forMs)}` };
  return [instance.name, since, String(instance.priority), master, held, instance.why];
}
