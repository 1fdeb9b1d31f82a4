import { call } from '../../api/client.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { type Command, type Io, JSON_OPTION, type Options } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { instanceInWords } from '../instance.ts';
import { table } from '../style.ts';

export const command: Command = {
  usage: 'explain <client> <service>',
  summary:
    'say which server a client gets, and why (CLIENT is ADDRESS or ADDRESS:PORT, SERVICE a name or a listener); or, as `explain instance NAME`, how a priority comes about',
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: [
    'fairlead explain 192.0.2.7 web',
    'fairlead explain [2001:db8::7]:40000 tcp://[2001:db8::100]:80',
    'fairlead explain instance edge',
  ],
  async run([clientText = '', serviceText = ''], options, io) {
    if (clientText === 'instance') return explainInstance(serviceText, options, io);
    const explained = await call(daemonOf(options), 'explain', { client: clientText, service: serviceText });
    if (options.json) {
      io.out(`${JSON.stringify(explained)}\n`);
      return EXIT.done;
    }
    for (const { listener, kind, server, destination, why } of explained.listeners)
      io.out(
        `${explained.client} to ${listener}: ${destination ? `${server ?? destination} (${destination})` : kind}\n  ${why}\n`,
      );
    const rows = explained.servers.map((server) => [
      `  ${server.name}`,
      server.health,
      server.operator === null ? server.why : `${server.operator}, as the operator set it (${server.why})`,
    ]);
    io.out(`servers of ${explained.service}\n${table(rows)}\n`);
    return EXIT.done;
  },
};

async function explainInstance(name: string, options: Options, io: Io): Promise<number> {
  const { instances } = await call(daemonOf(options), 'listInstances', {});
  const instance = instances.find((candidate) => candidate.name === name);
  if (!instance) {
    const present = instances.map((candidate) => candidate.name).join(', ') || 'none';
    throw failure('not-found', { kind: 'instance', name, present });
  }
  io.out(options.json ? `${JSON.stringify(instance)}\n` : `${instanceInWords(instance)}\n`);
  return EXIT.done;
}
