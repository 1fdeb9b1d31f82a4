import { familyOf, formatEndpoint } from '../../base/ip.ts';
import { serverName } from '../names.ts';
import { everyTarget, type FallbackScope, perService, portOf, type Rule, type ServiceScope } from './rule.ts';
import { notUnicast } from './unicast.ts';

const familyWord = (address: string): string => (familyOf(address) === 'inet' ? 'IPv4' : 'IPv6');

/** What a target's packets arrive on, one for each listener: two alike are one destination to the kernel. */
function endpoints({ listeners }: ServiceScope, { at }: FallbackScope): string[] {
  const [first] = listeners;
  // Nearly always one, and this is asked of every server of a large file.
  if (at.port !== undefined || listeners.length < 2)
    return [formatEndpoint(at.address, at.port ?? (first === undefined ? 0 : portOf(first.id)))];
  return [...new Set(listeners.map(({ id }) => portOf(id)))].map((port) => formatEndpoint(at.address, port));
}

export const SERVER_RULES: readonly Rule[] = [
  perService('duplicate-server', function* (scope) {
    const first = new Map<string, FallbackScope>();
    for (const server of scope.servers) {
      const keys = endpoints(scope, server);
      const twice = keys.find((key) => first.has(key));
      const before = twice === undefined ? undefined : first.get(twice);
      if (before === undefined) for (const key of keys) first.set(key, server);
      else
        yield {
          path: server.path,
          message: `service "${scope.service.name}" already has a server ${server.at.address}${twice?.endsWith(':0') ? '' : ` on port ${twice?.split(':').at(-1)}`}`,
          related: [{ path: before.path, message: 'the first one is here' }],
        };
    }
  }),
  perService('duplicate-server-name', function* ({ service, servers }) {
    const first = new Map<string, (typeof servers)[number]>();
    for (const scope of servers) {
      const name = serverName(scope.server);
      const before = first.get(name);
      if (before === undefined) first.set(name, scope);
      // Two servers without names that are called alike are the same server, which is its own mistake.
      else if (scope.server.name !== undefined || before.server.name !== undefined)
        yield {
          path: scope.server.name === undefined ? scope.path : [...scope.path, 'name'],
          message: `service "${service.name}" already has a server called "${name}"`,
          related: [{ path: before.path, message: 'the first one is here' }],
        };
    }
  }),
  perService('fallback-is-server', function* (scope) {
    const { fallback } = scope;
    if (fallback === undefined) return;
    const taken = new Set(endpoints(scope, fallback));
    const same = scope.servers.find((server) => endpoints(scope, server).some((key) => taken.has(key)));
    if (same === undefined) return;
    yield {
      path: fallback.path,
      message: `fallback: ${fallback.at.address} is also a server of service "${scope.service.name}", so it cannot stand in for it`,
      related: [{ path: same.path, message: 'the server is here' }],
    };
  }),
  perService('not-unicast', function* (scope) {
    for (const { at, path } of everyTarget(scope)) {
      const why = notUnicast(at.address);
      if (why !== undefined)
        yield {
          path: [...path, 'address'],
          message: `address: ${at.address} is ${why}; the kernel refuses it as a server`,
        };
    }
  }),
  perService('port-mismatch', function* (scope) {
    for (const { at, path, forward, forwardKnown, serves } of everyTarget(scope)) {
      if (at.port === undefined || forward === 'nat' || !forwardKnown()) continue;
      const other = scope.listeners.find(({ id }) => serves(id) && portOf(id) !== at.port);
      // Port 0 is every port: the rule any-port speaks about that one.
      if (other === undefined || (other.id.kind === 'address' && other.id.port === 0)) continue;
      yield {
        path: [...path, 'port'],
        message: `port: forward ${forward} leaves the port of a packet as it is, so ${at.port} cannot serve ${other.key}`,
        fix: 'remove port, or write forward: nat',
        related: [{ path: other.path, message: 'the listener is here' }],
      };
    }
  }),
  perService('family-mismatch', function* (scope, { complete }) {
    if (scope.listeners.length === 0 || !complete([...scope.path, 'listen'])) return;
    for (const { at, path, forward, forwardKnown, serves } of everyTarget(scope)) {
      if (scope.listeners.some(({ id }) => serves(id)) || !forwardKnown()) continue;
      const family = familyWord(at.address);
      yield {
        path: [...path, 'address'],
        message: `address: ${at.address} can serve no listener: service "${scope.service.name}" has none for ${family}, and forward ${forward} does not cross families`,
        fix: `add an ${family} listener, or write forward: tunnel`,
      };
    }
  }),
  perService('listener-unserved', function* ({ service, path, listeners, servers }, { complete }) {
    if (servers.length === 0 || !complete([...path, 'servers'])) return;
    for (const { id, key, path: where } of listeners) {
      if (servers.some((server) => server.serves(id) || !server.forwardKnown())) continue;
      const family = familyWord(servers[0]?.at.address ?? '') === 'IPv4' ? 'IPv6' : 'IPv4';
      yield {
        path: where,
        message: `listen: no server of "${service.name}" can serve ${key}: all are of the other address family`,
        fix: `add an ${family} server, or write forward: tunnel`,
      };
    }
  }),
  perService('fallback-family', function* ({ service, listeners, fallback }) {
    if (!fallback?.forwardKnown() || !listeners.some(({ id }) => fallback.serves(id))) return;
    for (const { id, key, path } of listeners) {
      if (fallback.serves(id)) continue;
      yield {
        path: [...fallback.path, 'address'],
        message: `fallback: ${fallback.at.address} cannot serve ${key} of "${service.name}": it has the other address family`,
        fix: 'write forward: tunnel there if clients of both families should get it',
        related: [{ path, message: 'the listener is here' }],
      };
    }
  }),
];
