import { formatDuration } from '../../base/duration.ts';
import { serviceFamily } from '../../model/service.ts';
import { perService, type Rule, takesDatagrams } from './rule.ts';

export const PERSISTENCE_RULES: readonly Rule[] = [
  perService('whole-seconds', function* ({ service, path }) {
    const timeout = service.persistence?.timeout ?? 0;
    if (timeout % 1000 === 0) return;
    yield {
      path: [...path, 'persistence', 'timeout'],
      message: `timeout: the kernel counts persistence in whole seconds, and ${formatDuration(timeout)} is none`,
      fix: `write ${formatDuration(Math.ceil(timeout / 1000) * 1000)}`,
    };
  }),
  perService('bad-mask', function* ({ service, path, listeners }, { complete }) {
    const mask = service.persistence?.mask;
    if (mask === undefined || !complete([...path, 'listen'])) return;
    const inet = listeners.find(({ id }) => serviceFamily(id) === 'inet');
    const inet6 = listeners.find(({ id }) => serviceFamily(id) === 'inet6');
    const where = [...path, 'persistence', 'mask'];
    const place = (listener: typeof inet) =>
      listener === undefined ? [] : [{ path: listener.path, message: 'the listener is here' }];
    if (typeof mask === 'string') {
      if (inet === undefined && inet6 !== undefined)
        yield {
          path: where,
          message: `mask: ${mask} is an IPv4 mask, and service "${service.name}" has only IPv6 listeners`,
          fix: 'write a prefix length such as 64',
          related: place(inet6),
        };
    } else if (inet !== undefined && inet6 !== undefined) {
      yield {
        path: where,
        message: `mask: one prefix length cannot suit IPv4 and IPv6 listeners alike`,
        fix: 'write an IPv4 mask such as 255.255.255.0 (IPv6 clients are then not grouped), or make two services',
        related: [...place(inet), ...place(inet6)],
      };
    } else if (inet !== undefined && mask > 32) {
      yield { path: where, message: `mask: expected 1 to 32 for IPv4 listeners, got ${mask}`, related: place(inet) };
    }
  }),
  perService('sip-protocol', function* ({ service, path, listeners }) {
    if (service.persistence?.engine !== 'sip') return;
    // ip_vs_pe_sip.c looks into UDP packets only; with any other protocol every new connection is refused.
    const other = listeners.find(({ id }) => !takesDatagrams(id));
    if (other === undefined) return;
    yield {
      path: [...path, 'persistence', 'engine'],
      message: `engine: the kernel reads SIP over udp only, and service "${service.name}" listens on ${other.key}`,
      fix: 'remove engine, or move the udp listeners to a service of their own',
      related: [{ path: other.path, message: 'the listener is here' }],
    };
  }),
];
