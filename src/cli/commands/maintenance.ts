import { type CallOptions, type Client, connect } from '../../api/client.ts';
import type { InstancesStatus } from '../../api/operations.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import { CIRCUMSTANCES, circumstances } from '../circumstances.ts';
import type { Command } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { patiently } from '../progress.ts';
import { styleOf } from '../style.ts';
import { renderInstances } from './instances.ts';

export const command: Command = {
  usage: 'maintenance <on|off> [service] [server]',
  summary:
    'hand every instance over and take none; with a service or a server: take it out of the table (drain first); until off, kept across restarts',
  options: [...CHANGE_OPTIONS, { flags: '--instance <name>', summary: 'this instance alone' }, ...CIRCUMSTANCES],
  examples: [
    'fairlead maintenance on --reason "new kernel"',
    'fairlead maintenance off',
    'fairlead maintenance on web 10.0.0.12',
    'fairlead maintenance on web   # the whole service: its fallback answers',
    'fairlead maintenance on --instance edge --for 1h',
  ],
  async run([word = '', service, server], options, io) {
    if (word !== 'on' && word !== 'off') throw failure('usage', { detail: `expected on or off, got "${word}"` });
    const instance = typeof options.instance === 'string' ? options.instance : undefined;
    if (instance !== undefined && service !== undefined)
      throw failure('usage', { detail: `expected a service or --instance, got both: ${service} and ${instance}` });
    const on = word === 'on';
    const client = connect(daemonOf(options));
    const body = { on, ...(on && circumstances(options, Date.now())) };
    const change = changeOf(options);
    const [answer, words] = await patiently(
      io,
      on ? 'handing over' : 'ending maintenance',
      ask(client, body, { service, server, instance }, change),
    );
    const shown = words ?? renderInstances(answer as InstancesStatus, styleOf(io));
    io.out(options.json ? `${JSON.stringify(answer)}\n` : `${shown}\n`);
    return EXIT.done;
  },
};

interface Which {
  readonly service: string | undefined;
  readonly server: string | undefined;
  readonly instance: string | undefined;
}

/** The answer, and what to say of it; undefined where all instances are shown. */
async function ask(
  client: Client,
  body: { readonly on: boolean },
  { service, server, instance }: Which,
  change: CallOptions,
): Promise<[object, string | undefined]> {
  const is = body.on ? 'is in maintenance' : 'is in service again as its health allows';
  if (service !== undefined && server !== undefined)
    return [await client.setServerMaintenance({ service, server, body }, change), `${service}/${server} ${is}`];
  if (service !== undefined) return [await client.setServiceMaintenance({ service, body }, change), `${service} ${is}`];
  if (instance !== undefined) return [await client.setInstanceMaintenance({ instance, body }, change), undefined];
  return [await client.setMaintenance({ body }, change), undefined];
}
