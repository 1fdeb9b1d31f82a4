import fc from 'fast-check';
import { SYSCTLS } from '../../../src/model/sysctls.ts';

/** Random valid configurations, in the form people write them. Small numbers of everything, every setting reachable. */

const maybe = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((given): Record<string, T> => (given === undefined ? {} : { [key]: given }));

const merged = (...parts: fc.Arbitrary<Record<string, unknown>>[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all));

const duration = (min: number, max: number) =>
  fc.integer({ min, max }).chain((ms) => fc.constantFrom(`${ms}ms`, `${ms / 1000}s`));
const port = fc.integer({ min: 1, max: 65535 });
const weight = fc.integer({ min: 0, max: 2147483647 });

const http = merged(
  maybe('path', fc.constantFrom('/', '/healthz', '/a b?c=#d')),
  maybe('method', fc.constantFrom('GET', 'HEAD')),
  maybe('host', fc.constantFrom('example.com', '*', 'yes', '1')),
  maybe('status', fc.constantFrom<unknown>(200, '200-299', [200, '300-399', 404])),
  maybe('body', fc.string({ minLength: 1, maxLength: 8 })),
);

const check = fc.oneof(
  fc.constant<unknown>('none'),
  merged(
    fc.oneof(
      fc.constant({ tcp: {} }),
      http.map((settings) => ({ http: settings })),
      http.map((settings) => ({ all: [{ http: settings, port: 81 }, { tcp: {} }] })),
      fc.constantFrom({ any: [{ tcp: {} }] }, { quorum: { of: [{ tcp: {} }, { tcp: {}, port: 81 }], need: 2 } }),
    ),
    fc
      .oneof<fc.Arbitrary<unknown>[]>(
        duration(5000, 9000),
        merged(
          duration(5000, 9000).map((up) => ({ up })),
          maybe('down', duration(5000, 9000)),
          maybe('between', duration(10, 9000)),
        ),
      )
      .map((every) => ({ every })),
    maybe('timeout', fc.oneof<fc.Arbitrary<unknown>[]>(duration(10, 5000), fc.constant({ connect: '300ms' }))),
    maybe('start', fc.constantFrom('wait', 'up', 'down')),
    maybe('jitter', fc.integer({ min: 0, max: 50 })),
    maybe('damping', fc.constantFrom({}, { flaps: 5, within: '1m', hold: '10s', longest: '1h' })),
    maybe('from', fc.constantFrom({}, { address: '10.9.0.9' }, { port: 7777 })),
    maybe('to', fc.constantFrom({}, { address: '10.9.9.9' })),
    maybe('rise', fc.integer({ min: 1, max: 1000 })),
    maybe('fall', fc.integer({ min: 1, max: 1000 })),
    port.map((number) => ({ port: number })),
  ),
);

const tunnel = fc.oneof(
  fc.constant({ type: 'ipip' }),
  fc.constantFrom('none', 'csum').map((checksum) => ({ type: 'gre', checksum })),
  fc
    .tuple(port, fc.constantFrom('none', 'csum', 'remcsum'))
    .map(([p, checksum]) => ({ type: 'gue', port: p, checksum })),
);

const thresholds = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([upper, share]) => ({ upper, lower: Math.floor(upper * share) }));

/** Forwarded by tunnel, a server of either family serves every listener; by nat it can have any port. */
const servers = (forward: string, index: number) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 4 })
    .chain((hosts) =>
      fc.tuple(
        ...hosts.map((host) =>
          merged(
            fc.constant({ address: `10.${index}.1.${host}` }),
            maybe('name', fc.constant(`server-${host}`)),
            maybe('weight', weight),
            maybe('check', check),
            maybe('thresholds', thresholds),
            forward === 'nat' ? maybe('port', port) : fc.constant({}),
            forward === 'tunnel' ? maybe('tunnel', tunnel) : fc.constant({}),
          ),
        ),
      ),
    );

const service = (index: number) =>
  fc.constantFrom('nat', 'dr', 'tunnel').chain((forward) =>
    merged(
      fc.constant({ name: `service-${index}`, forward }),
      fc
        .tuple(fc.constantFrom('tcp', 'udp', 'sctp', 'fwmark'), port)
        .map(([scheme, p]) =>
          scheme === 'fwmark'
            ? { listen: [`fwmark://${index + 1}`] }
            : { listen: [`${scheme}://10.0.${index}.100:${p}`], onePacket: scheme === 'udp' },
        ),
      servers(forward, index).map((list) => ({ servers: list })),
      maybe('fallback', fc.constantFrom({ address: `10.${index}.2.1` }, { address: `10.${index}.2.1`, inhibit: true })),
      maybe('panic', fc.integer({ min: 1, max: 99 })),
      maybe('slowStart', duration(1000, 3_600_000)),
      maybe('quorum', fc.constantFrom({ weight: 1, up: ['/bin/up'], down: ['/bin/down'], user: 'nobody' })),
      maybe(
        'notify',
        fc.constantFrom({ up: ['/bin/up'] }, { down: ['/bin/down', '-x'], user: 'nobody', timeout: '2s' }),
      ),
      fc.constantFrom(
        { scheduler: 'mh', flags: ['fallback', 'port'] },
        { scheduler: 'sh', flags: ['flag-3'] },
        { scheduler: 'wlc' },
        {},
      ),
      maybe(
        'persistence',
        merged(
          maybe(
            'timeout',
            fc.integer({ min: 1, max: 5000 }).map((s) => `${s}s`),
          ),
          maybe('mask', fc.constantFrom<unknown>(24, 32, '255.255.0.0')),
        ),
      ),
      maybe('check', check),
      maybe('onFailure', fc.constantFrom('remove', 'quiesce')),
      maybe('drain', duration(0, 86_400_000)),
      maybe('thresholds', thresholds),
    ),
  );

const sync = merged(
  fc.constant({ interface: 'eth1' }),
  fc.constantFrom('master', 'backup', 'both').map((role) => ({ role })),
  maybe('id', fc.oneof<fc.Arbitrary<unknown>[]>(fc.nat(255), fc.constant({ master: 1, backup: 2 }))),
  maybe('group', fc.constantFrom('224.0.0.99', 'ff02::81')),
  maybe('port', port),
  maybe('ttl', fc.integer({ min: 1, max: 255 })),
  maybe('maxLength', fc.integer({ min: 1024, max: 65487 })),
);

const api = merged(
  maybe('group', fc.constantFrom<unknown>('netops', 2001)),
  maybe('requestsPerSecond', fc.integer({ min: 1, max: 1000 })),
  maybe('hosts', fc.constantFrom([], ['lb1.example.net'])),
  maybe('listen', fc.constantFrom([], [{ address: '127.0.0.1', port: 8080 }])),
  maybe('roles', fc.constantFrom([], [{ user: 1001, role: 'admin' }], [{ group: 'netops', role: 'operator' }])),
);

const director = merged(
  maybe('sync', sync),
  maybe('name', fc.constantFrom('lb1', '1e3', 'true', '0x10')),
  maybe('ipvs', fc.constantFrom('shared', 'exclusive')),
  maybe('onStop', fc.constantFrom('leave', 'remove')),
  maybe('resync', duration(100, 3_600_000)),
  maybe('state', fc.constantFrom('/var/lib/f.json', '/a: b', '/#')),
  maybe(
    'sysctls',
    fc
      .constantFrom(...Object.entries(SYSCTLS))
      .chain(([name, row]) =>
        maybe(name, fc.constantFrom<unknown>({ number: 1, pair: '1 2', cpus: '0-1' }[row.shape], 'keep')),
      ),
  ),
);

const instance = (index: number) =>
  merged(
    fc.constant({ name: `instance-${index}`, interface: 'eth0', vrid: index + 1 }),
    fc.constantFrom(
      { version: 2, advertise: '2s', password: 'simple' },
      { version: 3, advertise: '100ms', checksum: 'message', addressCheck: 'exact' },
      { version: 3, hmac: { keys: [{ id: 1, secretFile: '/k' }], active: 1, window: '3s' } },
    ),
    maybe('priority', fc.integer({ min: 1, max: 254 })),
    maybe('preempt', fc.constant(true)),
    maybe('preemptDelay', duration(0, 3_600_000)),
    maybe('startDelay', duration(0, 3_600_000)),
    maybe('handover', duration(0, 3_600_000)),
    maybe('peers', fc.constantFrom<unknown>(['10.9.0.1'], [{ address: '10.9.0.2', minTtl: 254 }])),
    maybe('accept', fc.boolean()),
    maybe('virtualMac', fc.constantFrom<unknown>(true, false, { name: 'mac0', adverts: 'parent' })),
    maybe('announce', fc.constantFrom({ count: 3, repeatAfter: '1s' }, { gap: '1ms', interfaces: ['eth1'] })),
    maybe(
      'track',
      fc.constantFrom(
        [{ interface: 'eth1' }, { process: 'nginx', weight: -20 }],
        [
          { script: ['/bin/check', '-x'], every: '5s', user: 'nobody' },
          { reach: '10.9.0.1', port: 80, reverse: true },
        ],
      ),
    ),
    maybe('notify', fc.constantFrom({ any: ['/bin/x'] }, { http: 'http://10.9.0.1/hook', timeout: '1s' })),
    maybe('routes', fc.constantFrom([{ to: 'default', via: '10.9.0.1' }], [{ to: '10.8.0.0/16', table: 100 }])),
    maybe('rules', fc.constant([{ from: '10.7.0.0/24', table: 100, priority: 1000 }])),
    fc
      .constantFrom<unknown>('10.0.9.0/24', { address: '10.0.9.0/32', interface: 'lo', scope: 'host' })
      .map((entry) => ({
        addresses: [JSON.parse(JSON.stringify(entry).replace('10.0.9.0', `10.0.9.${index + 1}`))],
      })),
  );

export const configInput: fc.Arbitrary<unknown> = merged(
  maybe('director', director),
  maybe('api', api),
  maybe('addresses', fc.constantFrom([], [{ address: '10.0.0.100', interface: 'eth0' }])),
  fc
    .integer({ min: 0, max: 2 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => instance(index))).map((instances) => ({ instances })),
    ),
  fc
    .integer({ min: 0, max: 3 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => service(index))).map((services) => ({ services })),
    ),
);

/** Pieces that YAML and our file are made of, so that random text gets past the first character. */
const PIECES = [
  ...['services', 'name', 'listen', 'servers', 'address', 'check', 'http', 'tcp', 'every', 'director', '__proto__'],
  ...[
    'tcp://10.0.0.1:80',
    '"tcp://[2001:db8::1]:80"',
    'mh',
    '1s',
    '10.0.0.1',
    'none',
    'null',
    '.inf',
    '0x1',
    '-1',
    '~',
  ],
  ...[': ', ':', '- ', '\n', '\n  ', '\n    ', '\n\t', ' ', '{', '}', '[', ']', ', ', '? ', '#', '|', '>', '"', "'"],
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!x ',
    '!!set ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '\u0000',
    '\ufeff',
    '\u2028',
  ],
];

export const yamlish: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc.string({ maxLength: 200, unit: 'binary' }),
);
