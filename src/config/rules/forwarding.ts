import type { ServerConfig } from '../schema.ts';
import { everyTarget, perService, type Rule } from './rule.ts';

type Tunnel = NonNullable<ServerConfig['tunnel']>;

/** What each tunnel type does not have, with the reason. */
const TUNNEL_LIMITS: readonly {
  readonly key: 'port' | 'checksum';
  readonly applies: (tunnel: Tunnel) => boolean;
  readonly message: string;
}[] = [
  { key: 'port', applies: (t) => t.type === 'ipip' && t.port !== undefined, message: 'ipip has no port' },
  { key: 'port', applies: (t) => t.type === 'gre' && t.port !== undefined, message: 'gre has no port' },
  {
    key: 'checksum',
    applies: (t) => t.type === 'ipip' && t.checksum !== 'none',
    message: 'ipip has no checksum of its own',
  },
  {
    key: 'checksum',
    applies: (t) => t.type === 'gre' && t.checksum === 'remcsum',
    message: 'remcsum exists with gue only',
  },
];

export const FORWARDING_RULES: readonly Rule[] = [
  perService('tunnel-unused', function* (scope) {
    const targets = everyTarget(scope);
    for (const { at, path, forward, forwardKnown } of targets) {
      if (at.tunnel === undefined || forward === 'tunnel' || !forwardKnown()) continue;
      yield {
        path: [...path, 'tunnel'],
        atKey: true,
        message: `tunnel: ${at.address} is forwarded by ${forward}, not by tunnel`,
        fix: 'remove it, or write forward: tunnel',
      };
    }
    const { service, path } = scope;
    if (service.tunnel === undefined || service.forward === 'tunnel') return;
    if (!targets.some((t) => t.forward === 'tunnel' || !t.forwardKnown()))
      yield {
        path: [...path, 'tunnel'],
        atKey: true,
        message: `tunnel: nothing of service "${service.name}" is forwarded by tunnel`,
        fix: 'remove it, or write forward: tunnel',
      };
  }),
  perService('tunnel-settings', function* (scope, { known }) {
    const places = [{ at: scope.service, path: scope.path }, ...everyTarget(scope)];
    for (const { at, path } of places) {
      const where = [...path, 'tunnel'];
      const { tunnel } = at;
      if (tunnel === undefined || !known([...where, 'type'])) continue;
      if (tunnel.type === 'gue' && tunnel.port === undefined && known([...where, 'port']))
        yield { path: where, message: 'tunnel: type gue needs the UDP port of the far end', fix: 'add port: 6080' };
      for (const { key, applies, message } of TUNNEL_LIMITS)
        if (applies(tunnel)) yield { path: [...where, key], message: `${key}: ${message}`, fix: `remove ${key}` };
    }
  }),
  perService('thresholds', function* ({ service, path, servers }) {
    for (const { at, where } of [
      { at: service, where: path },
      ...servers.map((s) => ({ at: s.server, where: s.path })),
    ]) {
      const limits = at.thresholds;
      if (limits === undefined || limits.lower <= limits.upper) continue;
      yield {
        path: [...where, 'thresholds', 'lower'],
        message: `lower: ${limits.lower} is above upper (${limits.upper})`,
        related: [{ path: [...where, 'thresholds', 'upper'], message: 'upper is here' }],
      };
    }
  }),
];
