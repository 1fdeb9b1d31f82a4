import type { Path } from '../issue.ts';
import { perService, portOf, type Rule, takesDatagrams } from './rule.ts';
import { notUnicast } from './unicast.ts';

const SECOND = 'the first one is here';

export const LISTENER_RULES: readonly Rule[] = [
  perService('empty-list', function* ({ service, path }, { complete }) {
    for (const key of ['listen', 'servers'] as const) {
      const list = [...path, key];
      if (service[key].length > 0 || !complete(list)) continue;
      yield { path: list, message: `${key}: service "${service.name}" needs at least one` };
    }
  }),
  {
    code: 'duplicate-service',
    *find({ services }) {
      const first = new Map<string, Path>();
      for (const { service, path } of services) {
        const here = [...path, 'name'];
        const before = first.get(service.name);
        if (before === undefined) first.set(service.name, here);
        else
          yield {
            path: here,
            message: `name: there is already a service "${service.name}"`,
            related: [{ path: before, message: SECOND }],
          };
      }
    },
  },
  {
    code: 'duplicate-listener',
    *find({ services }) {
      const first = new Map<string, { path: Path; service: string }>();
      for (const { service, listeners } of services) {
        for (const { key, path } of listeners) {
          const before = first.get(key);
          if (before === undefined) first.set(key, { path, service: service.name });
          else
            yield {
              path,
              message: `listen: ${key} is already a listener of service "${before.service}"`,
              related: [{ path: before.path, message: SECOND }],
            };
        }
      }
    },
  },
  perService('not-unicast', function* ({ listeners }) {
    for (const { id, path } of listeners) {
      const why = id.kind === 'address' ? notUnicast(id.address) : undefined;
      if (id.kind !== 'address' || why === undefined) continue;
      yield { path, message: `listen: ${id.address} is ${why}; clients cannot connect to it` };
    }
  }),
  perService('any-port', function* ({ service, path, listeners }, { known }) {
    if (service.persistence !== undefined || !known([...path, 'persistence'])) return;
    for (const { id, key, path: where } of listeners) {
      if (id.kind !== 'address' || id.port !== 0) continue;
      yield {
        path: where,
        message: `listen: ${key} is every port, and the kernel forwards nothing there without persistence`,
        fix: `add persistence: {} to service "${service.name}", or write the port`,
      };
    }
  }),
  perService('any-port', function* ({ listeners, servers, fallback }) {
    const any = listeners.find(({ id }) => id.kind === 'address' && portOf(id) === 0);
    if (any === undefined) return;
    for (const target of fallback === undefined ? servers : [...servers, fallback]) {
      if (target.at.port === undefined) continue;
      yield {
        path: [...target.path, 'port'],
        message: `port: with ${any.key} (every port) a packet keeps its port, so a server takes none`,
        fix: 'remove port',
        related: [{ path: any.path, message: 'the listener is here' }],
      };
    }
  }),
  perService('one-packet', function* ({ service, path, listeners }) {
    const other = listeners.find(({ id }) => !takesDatagrams(id));
    if (!service.onePacket || other === undefined) return;
    yield {
      path: [...path, 'onePacket'],
      message: `onePacket: works with udp and fwmark only, and service "${service.name}" listens on ${other.key}`,
      fix: 'remove onePacket, or move the udp listeners to a service of their own',
      related: [{ path: other.path, message: 'the listener is here' }],
    };
  }),
];
