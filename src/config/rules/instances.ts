import { formatDuration } from '../../base/duration.ts';
import { familyOf } from '../../base/ip.ts';
import type { IssueCode } from '../codes.ts';
import { instanceAddresses, instanceFamily } from '../instance-names.ts';
import { TRACK_KINDS } from '../instances.ts';
import type { Finding, Path } from '../issue.ts';
import type { InstanceConfig } from '../schema.ts';
import { firstOf, type Rule, type Scope } from './rule.ts';
import { isMulticast, notUnicast } from './unicast.ts';

type Found = Iterable<Omit<Finding, 'code'>>;

const perInstance = (code: IssueCode, find: (instance: InstanceConfig, path: Path, scope: Scope) => Found): Rule => ({
  code,
  *find(scope) {
    for (const [index, instance] of scope.config.instances.entries())
      yield* find(instance, ['instances', index], scope);
  },
});

const FAMILY_WORDS = { inet: 'IPv4', inet6: 'IPv6' } as const;

export const INSTANCE_RULES: readonly Rule[] = [
  {
    code: 'duplicate-instance',
    *find({ config }) {
      for (const list of ['instances', 'groups'] as const) {
        yield* firstOf(
          config[list].map(({ name }, index) => ({ key: name, path: [list, index, 'name'] })),
          (name) => `name: ${name} is used twice`,
        );
      }
    },
  },
  {
    code: 'duplicate-vrid',
    *find({ config }) {
      const rows = config.instances.map((instance, index) => ({
        key: `vrid ${instance.vrid} on ${instance.interface} (${FAMILY_WORDS[instanceFamily(instance)]})`,
        path: ['instances', index, 'vrid'],
      }));
      yield* firstOf(rows, (key) => `vrid: ${key} is a virtual router that another instance speaks for`);
    },
  },
  {
    code: 'duplicate-address',
    *find({ config }) {
      const rows = config.instances.flatMap((instance, index) =>
        instanceAddresses(instance).map((held, place) => ({
          key: `${held.address} on ${held.interface ?? instance.interface}`,
          path: ['instances', index, 'addresses', place],
        })),
      );
      const fixed = config.addresses.map((row, index) => ({
        key: `${row.address.address} on ${row.interface}`,
        path: ['addresses', index],
      }));
      const own = new Set(fixed.map(({ key }) => key));
      yield* firstOf([...fixed.filter((row) => rows.some(({ key }) => key === row.key)), ...rows], (key) =>
        own.has(key) ? `address ${key} is also in addresses, where it stays always` : `address ${key} is in two places`,
      );
    },
  },
  perInstance('not-unicast', function* (instance, path) {
    for (const [place, { address }] of instanceAddresses(instance).entries()) {
      const why = notUnicast(address);
      if (why !== undefined && why !== 'a link-local address')
        yield {
          path: [...path, 'addresses', place],
          message: `addresses: ${address} is ${why}; no interface can hold it`,
        };
    }
  }),
  perInstance('vrrp-family', function* (instance, path) {
    const family = instanceFamily(instance);
    const words = FAMILY_WORDS[family];
    const related = [{ path: [...path, 'addresses', 0], message: 'the first address is here' }];
    const others: (readonly [string, Path])[] = [
      ...(instance.source === undefined ? [] : [[instance.source, [...path, 'source']] as const]),
      ...(instance.group === undefined ? [] : [[instance.group, [...path, 'group']] as const]),
      ...instance.peers.map(
        (peer, place) => [typeof peer === 'string' ? peer : peer.address, [...path, 'peers', place]] as const,
      ),
    ];
    for (const [address, where] of others)
      if (familyOf(address) !== family)
        yield { path: where, message: `${address} is not ${words}, which this instance speaks`, related };
  }),
  perInstance('route-families', function* ({ routes, rules }, path) {
    const mixed = (addresses: readonly (string | undefined)[]): boolean =>
      new Set(addresses.flatMap((address) => (address === undefined ? [] : [familyOf(address)]))).size > 1;
    const message = 'its addresses are of two families';
    for (const [place, { to, via, source }] of routes.entries())
      if (mixed([to?.address, via, source])) yield { path: [...path, 'routes', place], message: `routes: ${message}` };
    for (const [place, { from, to }] of rules.entries())
      if (mixed([from?.address, to?.address])) yield { path: [...path, 'rules', place], message: `rules: ${message}` };
  }),
  perInstance('vrrp-version', function* (instance, path, { known }) {
    const { version, advertise } = instance;
    if (!known([...path, 'version'])) return;
    if (version === 2 && instanceFamily(instance) === 'inet6')
      yield { path: [...path, 'version'], message: 'version: 2 knows IPv4 only', fix: 'write version: 3' };
    if (version === 2 && advertise % 1000 !== 0)
      yield {
        path: [...path, 'advertise'],
        message: `advertise: ${formatDuration(advertise)} is not in whole seconds, as version 2 counts`,
        fix: 'write version: 3, on all directors',
      };
    if (version === 3 && advertise % 10 !== 0)
      yield {
        path: [...path, 'advertise'],
        message: `advertise: ${formatDuration(advertise)} is not in hundredths of a second, as version 3 counts`,
      };
    if (version === 3 && instance.password !== undefined)
      yield { path: [...path, 'password'], message: 'password: version 3 has none', fix: 'use hmac, or version: 2' };
    if (byteLength(instance.password) > 8)
      yield { path: [...path, 'password'], message: 'password: longer than the 8 bytes that version 2 has for it' };
  }),
  perInstance('vrrp-group', function* ({ group }, path) {
    if (group !== undefined && !isMulticast(group))
      yield {
        path: [...path, 'group'],
        message: `group: ${group} is not a multicast address`,
        fix: 'name directors that are spoken to directly under peers',
      };
  }),
  perInstance('vrrp-key', function* ({ hmac }, path) {
    if (hmac === undefined) return;
    if (!hmac.keys.some(({ id }) => id === hmac.active))
      yield { path: [...path, 'hmac', 'active'], message: `active: there is no key with id ${hmac.active}` };
    for (const [index, { secret, secretFile }] of hmac.keys.entries()) {
      const where = [...path, 'hmac', 'keys', index];
      if ((secret === undefined) === (secretFile === undefined))
        yield { path: where, message: 'keys: a key has either secret or secretFile' };
      const length = secret === undefined ? 32 : secretBytes(secret);
      if (length < 32 || length > 64)
        yield { path: [...where, 'secret'], message: `secret: expected 32 to 64 bytes, got ${length}` };
    }
  }),
  perInstance('track-kind', function* ({ track }, path, { complete }) {
    for (const [index, entry] of track.entries()) {
      const where = [...path, 'track', index];
      const kinds = TRACK_KINDS.filter((kind) => entry[kind] !== undefined);
      if (kinds.length !== 1 && complete(where))
        yield { path: where, message: `track: name one thing, one of: ${TRACK_KINDS.join(', ')}` };
    }
  }),
  perInstance('track-unknown', function* ({ track }, path, { config, complete }) {
    const names = config.services.map(({ name }) => name);
    for (const [index, { service }] of track.entries())
      if (service !== undefined && !names.includes(service) && complete(['services']))
        yield { path: [...path, 'track', index, 'service'], message: `service: there is no service "${service}"` };
  }),
  perInstance('owner-moved', function* ({ priority, preempt, track }, path) {
    if (priority !== 255) return;
    if (!preempt)
      yield {
        path: [...path, 'preempt'],
        message: 'preempt: the owner of the addresses (priority 255) always preempts',
      };
    for (const [index, { weight }] of track.entries())
      if (weight !== 0)
        yield { path: [...path, 'track', index, 'weight'], message: 'weight: does not move an owner (priority 255)' };
  }),
  perInstance('no-preempt-weight', function* ({ preempt, track }, path) {
    const index = track.findIndex(({ weight }) => weight !== 0);
    if (preempt || index < 0) return;
    yield {
      path: [...path, 'track', index, 'weight'],
      message: `weight: with preempt: false a changed priority moves nothing while the master lives`,
      fix: 'leave weight out: then what is down is a fault, and the master steps down',
    };
  }),
  perInstance('no-link-local', function* (instance, path) {
    const addresses = instanceAddresses(instance);
    if (instanceFamily(instance) === 'inet' || addresses.some(({ address }) => /^fe[89ab]/.test(address))) return;
    yield {
      path: [...path, 'addresses'],
      message:
        'addresses: the first IPv6 address should be link-local (RFC 9568 5.2.9); some routers refuse the adverts otherwise',
      fix: 'add one such as fe80::100/64',
    };
  }),
  {
    code: 'unknown-instance',
    *find({ config, complete }) {
      if (!complete(['instances'])) return;
      const names = new Set(config.instances.map(({ name }) => name));
      const follow = typeof config.director.sync?.role === 'object' ? config.director.sync.role.follow : undefined;
      const used = config.groups.flatMap(({ instances }, index) =>
        instances.map((name, place) => ({ name, path: ['groups', index, 'instances', place] as Path })),
      );
      if (follow !== undefined) used.push({ name: follow, path: ['director', 'sync', 'role', 'follow'] });
      for (const [index, { checkWhile }] of config.services.entries())
        if (checkWhile) used.push({ name: checkWhile.master, path: ['services', index, 'checkWhile', 'master'] });
      for (const { name, path } of used)
        if (!names.has(name)) yield { path, message: `there is no instance "${name}"` };
    },
  },
  {
    code: 'two-groups',
    *find({ config }) {
      const rows = config.groups.flatMap(({ instances }, index) =>
        instances.map((name, place) => ({ key: name, path: ['groups', index, 'instances', place] })),
      );
      yield* firstOf(rows, (name) => `instances: ${name} is in a group already`);
    },
  },
  {
    code: 'group-priorities',
    *find({ config }) {
      for (const [index, group] of config.groups.entries()) {
        const members = config.instances.filter(({ name }) => group.instances.includes(name));
        const other = members.find(({ priority }) => priority !== members[0]?.priority);
        if (other === undefined) continue;
        yield {
          path: ['groups', index, 'instances'],
          message: `instances: ${members[0]?.name} has priority ${members[0]?.priority} and ${other.name} ${other.priority}; directors could disagree on who is better`,
          fix: 'give all instances of a group one priority',
        };
      }
    },
  },
];

/** UTF-8 bytes of a text; 0 of none. */
const byteLength = (text = ''): number => new TextEncoder().encode(text).length;

/** Bytes that a secret stands for: text, or `hex:` and digits. */
const secretBytes = (secret: string): number => {
  const hex = /^hex:((?:[0-9a-f]{2})*)$/i.exec(secret)?.[1];
  return hex === undefined ? byteLength(secret) : hex.length / 2;
};
