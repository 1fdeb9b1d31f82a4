import { type Family, familyOf } from '../../base/ip.ts';
import { serviceFamily, serviceKey, type VirtualServiceId } from '../../model/service.ts';
import type { IssueCode } from '../codes.ts';
import type { Finding, Path } from '../issue.ts';
import type { CheckConfig, Config, ServerConfig, ServiceConfig } from '../schema.ts';
import { complete, known, type Tree } from '../tree.ts';

/** One check of what the schema cannot see, because it concerns more than one setting. */
export interface Rule {
  readonly code: IssueCode;
  find(scope: Scope): Iterable<Omit<Finding, 'code'>>;
}

/** What the rules look at. Parts that the schema refused are taken out of `config`; `known` and `complete` tell a rule when
 *  what it would complain about may only be a consequence of that. */
export interface Scope {
  readonly config: Config;
  readonly services: readonly ServiceScope[];
  known(path: Path): boolean;
  complete(path: Path): boolean;
}

export interface ServiceScope {
  readonly service: ServiceConfig;
  readonly path: Path;
  readonly listeners: readonly { readonly id: VirtualServiceId; readonly key: string; readonly path: Path }[];
  readonly servers: readonly ServerScope[];
  readonly fallback: FallbackScope | undefined;
  /** The service's own check and those of its servers. */
  readonly checks: readonly { readonly check: CheckConfig; readonly path: Path }[];
}

/** Where packets can go: a server or the fallback. */
export interface FallbackScope {
  readonly path: Path;
  readonly at: Pick<ServerConfig, 'address' | 'port' | 'forward' | 'tunnel'>;
  readonly forward: ServiceConfig['forward'];
  /** False when the setting that decides `forward` may be among what was refused. */
  forwardKnown(): boolean;
  serves(listener: VirtualServiceId): boolean;
}

export interface ServerScope extends FallbackScope {
  readonly server: ServerConfig;
}

/** Only tunnels carry packets of one family to a server of the other. */
const canServe = (family: Family, forward: ServiceConfig['forward'], id: VirtualServiceId): boolean =>
  forward === 'tunnel' || serviceFamily(id) === family;

export function scopeOf(config: Config, tree: Tree): Scope {
  const isKnown = (path: Path) => known(tree, path);
  return {
    config,
    services: config.services.map((service, index) => serviceScope(service, ['services', index], isKnown)),
    known: isKnown,
    complete: (path) => complete(tree, path),
  };
}

function serviceScope(service: ServiceConfig, path: Path, isKnown: (path: Path) => boolean): ServiceScope {
  const target = (at: FallbackScope['at'], where: Path): FallbackScope => {
    const forward = at.forward ?? service.forward;
    const family = familyOf(at.address);
    return {
      path: where,
      at,
      forward,
      forwardKnown: () => isKnown([...where, 'forward']) && (at.forward !== undefined || isKnown([...path, 'forward'])),
      serves: (id) => canServe(family, forward, id),
    };
  };
  const servers = service.servers.map((server, index) => ({
    ...target(server, [...path, 'servers', index]),
    server,
  }));
  const checks = [
    { check: service.check, path: [...path, 'check'] },
    ...servers.map(({ server, path: where }) => ({ check: server.check, path: [...where, 'check'] })),
  ];
  return {
    service,
    path,
    listeners: service.listen.map((id, index) => ({ id, key: serviceKey(id), path: [...path, 'listen', index] })),
    servers,
    fallback: service.fallback && target(service.fallback, [...path, 'fallback']),
    checks: checks.flatMap(({ check, path: where }) =>
      check === undefined || check === 'none' ? [] : [{ check, path: where }],
    ),
  };
}

export const everyTarget = ({ servers, fallback }: ServiceScope): FallbackScope[] =>
  fallback === undefined ? [...servers] : [...servers, fallback];

/** Port of a listener; a firewall mark has none, and 0 is every port. */
export const portOf = (id: VirtualServiceId): number => (id.kind === 'address' ? id.port : 0);

/** Whether only datagrams come in: what onePacket and sip need. A mark's protocol is not known, so it passes. */
export const takesDatagrams = (id: VirtualServiceId): boolean => id.kind === 'fwmark' || id.protocol === 'udp';

/** Every row whose key an earlier one has, with the first one's place. */
export function* firstOf(
  rows: readonly { readonly key: string; readonly path: Path }[],
  message: (key: string) => string,
): Iterable<Omit<Finding, 'code'>> {
  const first = new Map<string, Path>();
  for (const { key, path } of rows) {
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    else yield { path, message: message(key), related: [{ path: before, message: 'the first one is here' }] };
  }
}

/** A rule that looks at each service alone. */
export const perService = (
  code: IssueCode,
  find: (service: ServiceScope, scope: Scope) => Iterable<Omit<Finding, 'code'>>,
): Rule => ({
  code,
  *find(scope) {
    for (const service of scope.services) yield* find(service, scope);
  },
});
