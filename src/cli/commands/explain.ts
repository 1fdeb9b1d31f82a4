import { call } from '../../api/client.ts';
import type { ListenerStatus, ServiceStatus, Status } from '../../api/contract.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { canonicalAddress, familyOf } from '../../base/ip.ts';
import { serviceFamily } from '../../model/service.ts';
import { predict } from '../../scheduling/predict.ts';
import { type Command, JSON_OPTION, SOCKET_OPTION, text } from '../command.ts';
import { table } from '../style.ts';

export const command: Command = {
  usage: 'explain <client> <service>',
  summary: 'say which server a client gets, and why; CLIENT is ADDRESS or ADDRESS:PORT, SERVICE a name or a listener',
  options: [SOCKET_OPTION, JSON_OPTION],
  examples: ['fairlead explain 192.0.2.7 web', 'fairlead explain [2001:db8::7]:40000 tcp://[2001:db8::100]:80'],
  async run([clientText = '', serviceText = ''], options, io) {
    const client = parseClient(clientText);
    const status = await call(text(options.socket), 'status', {});
    const { service, listeners } = find(status, serviceText);
    const fitting = listeners.filter((listener) => serviceFamily(listener.service.id) === familyOf(client.address));
    if (fitting.length === 0)
      throw failure('usage', {
        detail: `${serviceText} has no ${familyOf(client.address) === 'inet' ? 'IPv4' : 'IPv6'} listener`,
      });
    const answers = fitting.map((listener) => ({
      listener,
      prediction: predict(listener.service, listener.destinations, client),
    }));
    if (options.json) {
      io.out(
        `${JSON.stringify(answers.map(({ listener, prediction }) => ({ listener: listener.key, ...prediction })))}\n`,
      );
      return EXIT.done;
    }
    for (const { listener, prediction } of answers) {
      const server = prediction.kind === 'destination' ? listener.destinations[prediction.index] : undefined;
      io.out(
        `${clientText} to ${listener.key}: ${server ? `${server.server ?? server.key} (${server.key})` : prediction.kind}\n  ${prediction.why}\n`,
      );
    }
    const rows = service.servers.map((server) => [
      `  ${server.name}`,
      server.health,
      server.administrative === 'drain' ? 'drained by the operator' : server.why,
    ]);
    io.out(`servers of ${service.name}\n${table(rows)}\n`);
    return EXIT.done;
  },
};

function parseClient(word: string): { address: string; port?: number } {
  const bare = canonicalAddress(word);
  if (bare !== undefined) return { address: bare };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(word) ?? [];
  const address = canonicalAddress(bracketed ?? plain ?? '');
  if (address === undefined || Number(port) > 65535)
    throw failure('usage', { detail: `expected a client such as 192.0.2.7 or 192.0.2.7:40000, got "${word}"` });
  return { address, port: Number(port) };
}

function find(status: Status, word: string): { service: ServiceStatus; listeners: readonly ListenerStatus[] } {
  for (const service of status.services) {
    if (service.name === word) return { service, listeners: service.listeners };
    const listener = service.listeners.find((candidate) => candidate.key === word);
    if (listener) return { service, listeners: [listener] };
  }
  const present = status.services.flatMap((service) => [
    service.name,
    ...service.listeners.map((listener) => listener.key),
  ]);
  throw failure('not-found', { kind: 'service', name: word, present: present.join(', ') || 'none' });
}
