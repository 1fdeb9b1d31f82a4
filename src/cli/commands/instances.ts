import { call } from '../../api/client.ts';
import type { InstanceStatus, InstancesStatus } from '../../api/operations.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION, SOCKET_OPTION, text } from '../command.ts';
import { everySecond } from '../repeat.ts';
import { ago, type Colour, painter, table } from '../style.ts';

export const command: Command = {
  usage: 'instances',
  summary: 'show VRRP instances: who is master, since when, and why',
  options: [SOCKET_OPTION, JSON_OPTION, { flags: '--watch', summary: 'again every second; with --json one line each' }],
  examples: [
    'fairlead instances',
    'fairlead instances --json | jq -r \'.instances[] | select(.state == "master").name\'',
  ],
  async run(_rest, options, io) {
    const show = async (): Promise<void> => {
      const status = await call(text(options.socket), 'listInstances', {});
      const shown = options.json ? `${JSON.stringify(status)}\n` : `${renderInstances(status, painter(io.terminal))}\n`;
      io.out(options.watch && io.terminal ? `\u001b[H\u001b[2J${shown}` : shown);
    };
    await show();
    if (options.watch) await everySecond(show);
    return EXIT.done;
  },
};

type Paint = ReturnType<typeof painter>;

export function renderInstances({ maintenance, instances }: InstancesStatus, paint: Paint): string {
  const header = ['instance', 'state', 'priority', 'master', 'addresses', 'why'].map((cell) => paint('dim', cell));
  const rows = instances.map((instance) => renderInstance(instance, paint));
  const lines = [...(maintenance ? [paint('yellow', MAINTENANCE)] : []), table([header, ...rows])];
  for (const { name, rivals } of instances)
    for (const rival of rivals)
      lines.push(paint('red', `split brain: ${rival.address} (priority ${rival.priority}) claims ${name} as well`));
  return lines.join('\n');
}

const MAINTENANCE = 'maintenance is on: this director takes nothing; `fairlead maintenance off` ends it';

const COLOURS = { master: 'green', backup: 'bold', fault: 'red', init: 'yellow' } as const satisfies Record<
  InstanceStatus['state'],
  Colour
>;

function renderInstance(instance: InstanceStatus, paint: Paint): string[] {
  const { state, master, addresses } = instance;
  const held = addresses.filter(({ present }) => present).length;
  const whole = held === (state === 'master' ? addresses.length : 0);
  const text = `${held}/${addresses.length}`;
  return [
    instance.name,
    `${paint(COLOURS[state], state)} for ${ago(instance.forMs)}`,
    String(instance.priority),
    state === 'master' ? 'here' : master ? `${master.address} (${master.priority})` : '-',
    whole ? text : paint('red', text),
    instance.why,
  ];
}
