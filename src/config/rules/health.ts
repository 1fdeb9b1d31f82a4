import { serverName } from '../names.ts';
import type { ServerConfig } from '../schema.ts';
import { perService, type Rule } from './rule.ts';

/** What a service asks of the health of its servers together. */
export const HEALTH_RULES: readonly Rule[] = [
  perService('quorum-unreachable', function* ({ service, path, servers }, { complete }) {
    const { quorum } = service;
    if (quorum === undefined || !complete([...path, 'servers'])) return;
    if (servers.some(({ path: where }) => !complete(where))) return;
    const total = servers.reduce((sum, { server }) => sum + server.weight, 0);
    const needed = quorum.weight + quorum.hysteresis;
    // Without any weight nothing serves, which is told elsewhere.
    if (needed <= total || total === 0) return;
    yield {
      path: [...path, 'quorum'],
      message: `quorum: needs a weight of ${needed} (weight and hysteresis), but all servers of "${service.name}" together have ${total}`,
      related: [{ path: [...path, 'servers'], message: 'the servers are here' }],
    };
  }),
  perService('quorum-hysteresis', function* ({ service, path }, { known }) {
    const { quorum } = service;
    if (quorum === undefined || quorum.hysteresis < quorum.weight || !known([...path, 'quorum', 'weight'])) return;
    yield {
      path: [...path, 'quorum', 'hysteresis'],
      message: `hysteresis: ${quorum.hysteresis} is not below the weight of ${quorum.weight}, so the quorum is lost only when no server is healthy`,
      fix: `write hysteresis: ${quorum.weight - 1}, or a larger weight`,
    };
  }),
  perService('notify-unchecked', function* ({ service, path, servers }, { complete, known }) {
    if (!known([...path, 'check'])) return;
    const isChecked = ({ check }: ServerConfig): boolean => (check ?? service.check) !== 'none';
    for (const { server, path: where } of servers) {
      const { notify } = server;
      if (notify === undefined || notify === 'none' || isChecked(server) || !known([...where, 'check'])) continue;
      yield { path: [...where, 'notify'], message: `notify: ${serverName(server)} is never checked, so nothing runs` };
    }
    if (service.notify === undefined || !complete([...path, 'servers'])) return;
    if (servers.some(({ server, path: where }) => !complete(where) || (!server.notify && isChecked(server)))) return;
    yield {
      path: [...path, 'notify'],
      message: `notify: no server of "${service.name}" that has these hooks is checked, so nothing runs`,
      fix: 'add a check',
    };
  }),
  perService('panic-fallback', function* ({ service, path }, { known }) {
    if (service.panic === undefined || service.fallback === undefined) return;
    // A quorum that is lost outranks panic.
    if (service.quorum !== undefined || !known([...path, 'quorum'])) return;
    yield {
      path: [...path, 'panic'],
      message: `panic: while more than ${service.panic}% look dead all of them serve, so the fallback takes over only when servers are drained`,
      related: [{ path: [...path, 'fallback'], message: 'the fallback is here' }],
    };
  }),
  perService('slow-start-weight', function* ({ service, path, servers }, { known }) {
    if (service.slowStart === undefined) return;
    const small = servers.find(({ server, path: where }) => server.weight === 1 && known([...where, 'weight']));
    if (small === undefined) return;
    yield {
      path: [...path, 'slowStart'],
      message:
        'slowStart: between no weight and a weight of 1 there are no steps, so such a server takes its whole share at once',
      fix: 'give the servers of this service weights of 10 or more',
      related: [{ path: small.path, message: 'a server of weight 1 is here' }],
    };
  }),
];
