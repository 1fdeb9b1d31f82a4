import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { desire } from '../../../src/decide/desire.ts';
import { NO_OVERRIDES } from '../../../src/model/override.ts';
import { fileWith } from '../../support/decide.ts';
import { drained } from '../../support/overrides.ts';

const servers = [{ address: '10.0.0.11' }];
const serviceOf = (settings: Record<string, unknown>) =>
  desire(fileWith({ servers, ...settings }), NO_OVERRIDES, 1).services[0];
const serverOf = (server: Record<string, unknown>, settings: Record<string, unknown> = {}) =>
  serviceOf({ ...settings, servers: [{ address: '10.0.0.11', ...server }] })?.servers[0];

describe('server', () => {
  test.each([
    [{ name: 'r1' }, 'r1'],
    [{}, '10.0.0.11'],
    [{ port: 8080 }, '10.0.0.11:8080'],
    [{ address: '2001:db8::1', port: 8080 }, '[2001:db8::1]:8080'],
  ])('%j is called %s', (server, name) => {
    expect(serverOf({ ...server }, { forward: 'nat' })?.name).toBe(name);
  });

  test('inherits forward, tunnel, thresholds and check from its service', () => {
    const service = {
      forward: 'tunnel',
      tunnel: { type: 'gue', port: 6080 },
      thresholds: { upper: 10 },
      check: { tcp: {} },
    };
    expect(serverOf({}, service)).toMatchObject({
      forward: 'tunnel',
      tunnel: { type: 'gue', port: 6080, checksum: 'none' },
      upperThreshold: 10,
      lowerThreshold: 0,
      check: { check: { kind: 'tcp' }, everyMs: 2000, timeoutMs: 1000, rise: 2, fall: 3, port: null },
    });
  });

  test('replaces the check of its service whole', () => {
    const check = serverOf({ check: { http: { path: '/x' } } }, { check: { tcp: {}, fall: 9 } })?.check;
    expect(check).toMatchObject({ check: { kind: 'http', path: '/x', method: 'GET' }, fall: 3 });
    expect(serverOf({ check: 'none' }, { check: { tcp: {} } })?.check).toBe(null);
  });

  test('has a tunnel only when it is tunnelled to', () => {
    expect(serverOf({ forward: 'dr' }, { forward: 'tunnel' })?.tunnel).toBe(null);
    expect(serverOf({}, { forward: 'tunnel' })?.tunnel).toEqual({ type: 'ipip', port: 0, checksum: 'none' });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>, number]>([
    ['the check', { port: 8080, check: { tcp: {}, port: 9 } }, {}, 9],
    ['the server', { port: 8080, check: { tcp: {} } }, {}, 8080],
    ['the first tcp listener', { check: { tcp: {} } }, { listen: ['udp://10.0.0.100:53', 'tcp://10.0.0.100:80'] }, 80],
    [
      'the first udp listener',
      { check: { dns: {} } },
      { listen: ['tcp://10.0.0.100:80', 'udp://10.0.0.100:53', 'udp://10.0.0.100:54'] },
      53,
    ],
    [
      'the first sctp listener',
      { check: { sctp: {} } },
      { listen: ['tcp://10.0.0.100:80', 'sctp://10.0.0.100:99'] },
      99,
    ],
    ['the first listener', { check: { tcp: {} } }, { listen: ['fwmark://7', 'udp://10.0.0.100:53'] }, 53],
  ])('is checked on the port of %s', (_, server, service, port) => {
    expect(serverOf(server, { forward: 'nat', ...service })?.checkPort).toBe(port);
  });

  test('is asked at the port of each protocol by the parts of its check', () => {
    const check = { all: [{ dns: {} }, { tcp: {} }, { sctp: {}, port: 7 }, { ping: {} }] };
    const server = serverOf({ check }, { listen: ['udp://10.0.0.100:53', 'tcp://10.0.0.100:80'] });
    expect(server?.checkPort).toBe(53);
    expect(server?.check?.check).toMatchObject({ of: [{ port: null }, { port: 80 }, { port: 7 }, { port: null }] });
  });

  test('is asked for each address of its service that it has to answer for, by the way that IPVS would take', () => {
    const check = { syn: { path: 'service' } };
    const asked = (server: object, listen: string[]) =>
      serverOf({ check, ...server }, { listen, forward: 'dr' })?.check;
    const one = { kind: 'syn', path: 'service', service: { address: '10.0.0.100', carrier: 'link' } };
    expect(asked({}, ['udp://10.0.0.100:53', 'tcp://10.0.0.100:80'])).toMatchObject({ check: one, port: 80 });
    expect(asked({ forward: 'tunnel', tunnel: { type: 'gre' } }, ['tcp://10.0.0.100:80'])).toMatchObject({
      check: { ...one, service: { carrier: 'gre' } },
    });
    const listen = ['tcp://10.0.0.100:80', 'tcp://10.0.0.100:443', 'tcp://10.0.0.101:80', 'tcp://[2001:db8::1]:80'];
    const two = { ...one, service: { address: '10.0.0.101', carrier: 'link' } };
    const [www, tls, other] = [
      { check: one, port: 80 },
      { check: one, port: 443 },
      { check: two, port: 80 },
    ];
    expect(asked({}, listen)).toMatchObject({ check: { kind: 'all', need: 3, of: [www, tls, other] }, port: null });
    const at = { check: { ...check, port: 81 } };
    expect(asked(at, listen)).toMatchObject({ check: { need: 2, of: [{ port: 81 }, { check: two, port: 81 }] } });
    const member = { check: { all: [{ ping: {} }, check] } };
    expect(asked(member, listen)).toMatchObject({
      check: { of: [{ check: { kind: 'ping' } }, { check: one, port: null }] },
    });
    expect(asked({ check: { syn: {} } }, listen)?.check).toEqual({ kind: 'syn', path: 'direct' });
  });

  test('is drained when the operator says so, under its own name in its own service', () => {
    const file = fileWith({ servers: [{ address: '10.0.0.11' }, { name: 'r2', address: '10.0.0.12' }] });
    const states = desire(file, drained('web/r2', 'other/10.0.0.11'), 1).services[0]?.servers;
    expect(states?.map((server) => server.administrative)).toEqual(['enabled', 'drain']);
  });
});

describe('listeners', () => {
  const masks = (mask: number | string, ...listen: string[]) =>
    serviceOf({ listen, persistence: { mask } })?.listeners.map((listener) => listener.netmask);

  test.each<[number | string, string[], string[]]>([
    [24, ['tcp://10.0.0.1:80'], ['255.255.255.0']],
    [20, ['fwmark://1'], ['255.255.240.0']],
    [1, ['tcp://10.0.0.1:80'], ['128.0.0.0']],
    [32, ['tcp://[::1]:80'], ['32']],
    [24, ['tcp://10.0.0.1:80', 'tcp://[::1]:80'], ['255.255.255.0', '128']],
    [64, ['tcp://10.0.0.1:80', 'tcp://[::1]:80'], ['255.255.255.255', '64']],
    ['255.255.0.0', ['tcp://10.0.0.1:80', 'fwmark6://1'], ['255.255.0.0', '128']],
  ])('mask %s on %j is %j', (mask, listen, netmasks) => {
    expect(masks(mask, ...listen)).toEqual(netmasks);
  });

  test('share scheduler, flags and persistence', () => {
    const service = serviceOf({
      listen: ['tcp://10.0.0.1:80', 'tcp://[::1]:80'],
      scheduler: 'mh',
      flags: ['fallback', 'port'],
      persistence: { timeout: '90s' },
    });
    const common = { scheduler: 'mh', schedulerFlags: 3, persistence: { timeoutS: 90 } };
    expect(service?.listeners).toMatchObject([common, common]);
  });
});

test('settings to keep are not wanted, all others are text', () => {
  const services = [{ name: 'web', listen: ['tcp://10.0.0.100:80'], servers: [{ address: '10.0.0.11' }] }];
  const director = { sysctls: { conntrack: 'keep', drop_entry: 2 } };
  const { sysctls } = desire(configSchema.parse({ director, services }), NO_OVERRIDES, 1);
  expect(sysctls).not.toHaveProperty('conntrack');
  expect(sysctls).toMatchObject({ drop_entry: '2', expire_nodest_conn: '1' });
  // They are IPVS's: without services nobody needs them, nor the kernel to have them.
  expect(desire(configSchema.parse({ director }), NO_OVERRIDES, 1).sysctls).toEqual({});
});

test('addresses carry their interface and prefix', () => {
  const config = configSchema.parse({ addresses: [{ address: '10.0.0.100/24', interface: 'eth0' }] });
  expect(desire(config, NO_OVERRIDES, 1).addresses).toEqual([{ interface: 'eth0', address: '10.0.0.100', prefix: 24 }]);
});
