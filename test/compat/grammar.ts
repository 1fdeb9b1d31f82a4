import fc, { type Arbitrary } from 'fast-check';
import { type Case, plain } from './case.ts';

/** Command lines from ipvsadm's grammar: mostly right ones, some with one mistake, some with words moved about. */

type Words = readonly string[];

const one = (...values: Words): Arbitrary<string> => fc.constantFrom(...values);
const either = <T>(...choices: readonly (readonly [weight: number, choice: Arbitrary<T>])[]): Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const all = (...parts: readonly Arbitrary<Words>[]): Arbitrary<Words> => fc.tuple(...parts).map((list) => list.flat());
const words = (...values: Words): Arbitrary<Words> => fc.constant(values);
const maybe = (percent: number, part: Arbitrary<Words>): Arbitrary<Words> =>
  either([100 - percent, words()], [percent, part]);

/** An option with its value: apart, attached, or behind an equals sign. */
const option = (short: string | null, long: string, value: Arbitrary<string>): Arbitrary<Words> => {
  const apart = value.map((text) => [long, text]);
  const equals = value.map((text) => [`${long}=${text}`]);
  if (short === null) return either([3, apart], [1, equals]);
  const shortApart = value.map((text) => [short, text]);
  const attached = value.map((text) => [`${short}${text}`]);
  return either([6, shortApart], [2, attached], [2, apart], [1, equals]);
};
const flag = (...names: Words): Arbitrary<Words> => one(...names).map((name) => [name]);

const number = (right: Words, wrong: Words): Arbitrary<string> => either([8, one(...right)], [1, one(...wrong)]);
const WRONG_NUMBERS = ['-1', 'abc', '', '1x', '0x10', '99999999999', '4294967296', '007', '+3', '1.5'];

const ADDRESSES = ['10.9.0.100', '10.9.0.101', '10.9.0.104', '10.9.0.200', '9.1.1.1', 'www', 'www.lab.example'];
const ADDRESSES6 = ['2001:db8::100', '2001:db8::200', '2001:DB8:0:0::100', '::ffff:10.9.0.100'];
const SERVERS = ['10.9.0.11', '10.9.0.12', '10.9.0.14', '10.9.0.99', '127.0.0.1', 'one'];
const SERVERS6 = ['2001:db8::21', '2001:db8::22', '2001:db8::23', '2001:db8::99'];
const PORTS = ['80', '443', '53', '5060', '8080', '65535', 'http', 'domain', 'sip'];
const WRONG_PORTS = ['0', '65536', '-1', 'nosuch', '', '80x'];
const WRONG_HOSTS = [
  'nosuch',
  '300.1.1.1',
  '10.9',
  '224.0.0.5',
  '0.0.0.0',
  '10',
  '[10.9.0.100]',
  'fe80::1',
  '1.2.3.4.5',
];

const port = number(PORTS, WRONG_PORTS);
const withPort = (hosts: Words): Arbitrary<string> => fc.tuple(one(...hosts), port).map(([host, p]) => `${host}:${p}`);
const withPort6 = (hosts: Words): Arbitrary<string> =>
  fc.tuple(one(...hosts), port).map(([host, p]) => `[${host}]:${p}`);
const endpoint = (hosts: Words, hosts6: Words): Arbitrary<string> =>
  either(
    [12, withPort(hosts)],
    [6, withPort6(hosts6)],
    [2, one(...hosts, ...hosts6)],
    [1, withPort(WRONG_HOSTS)],
    [1, one(...WRONG_HOSTS, '[2001:db8::1]', ':80', '10.9.0.1:', '')],
  );

const mark = number(['7', '8', '100', '2147483647', '4294967295', '12'], ['0', ...WRONG_NUMBERS]);
const service: Arbitrary<Words> = either(
  [5, option('-t', '--tcp-service', endpoint(ADDRESSES, ADDRESSES6))],
  [4, option('-u', '--udp-service', endpoint(ADDRESSES, ADDRESSES6))],
  [1, option(null, '--sctp-service', endpoint(ADDRESSES, ADDRESSES6))],
  [3, all(option('-f', '--fwmark-service', mark), maybe(40, flag('-6', '--ipv6')))],
);

const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'];
const seconds = number(['1', '60', '300', '2678400'], ['0', '2678401', ...WRONG_NUMBERS]);
const settings: Arbitrary<Words> = all(
  maybe(70, option('-s', '--scheduler', number(SCHEDULERS, ['nosuch', 'none', '', 'averyveryverylongname']))),
  maybe(35, either([3, option('-p', '--persistent', seconds)], [1, flag('-p', '--persistent')])),
  maybe(20, option('-M', '--netmask', one('255.255.255.0', '255.255.255.255', '64', '128', '129', '0', 'foo', '24'))),
  maybe(15, flag('-o', '--ops')),
  maybe(10, option(null, '--pe', one('sip', 'sip', 'nosuch'))),
  maybe(
    20,
    option(
      '-b',
      '--sched-flags',
      one(
        'flag-1',
        'flag-2',
        'flag-3',
        'sh-port',
        'sh-fallback',
        'mh-port',
        'mh-fallback,mh-port',
        'flag-1,flag-3',
        'x',
      ),
    ),
  ),
);

const threshold = number(['0', '5', '100', '2147483647'], ['2147483648', ...WRONG_NUMBERS]);
const tunnel: Arbitrary<Words> = all(
  option(null, '--tun-type', one('ipip', 'gue', 'gue', 'gre', 'vxlan')),
  maybe(50, option(null, '--tun-port', number(['6080', '1', '65535'], ['0', '65536', 'abc']))),
  maybe(40, flag('--tun-nocsum', '--tun-csum', '--tun-remcsum')),
);
const server: Arbitrary<Words> = all(
  option('-r', '--real-server', endpoint(SERVERS, SERVERS6)),
  maybe(60, flag('-g', '-i', '-m', '--gatewaying', '--ipip', '--masquerading')),
  maybe(50, option('-w', '--weight', number(['0', '1', '100', '65536', '2147483647'], WRONG_NUMBERS))),
  maybe(25, option('-x', '--u-threshold', threshold)),
  maybe(15, option('-y', '--l-threshold', threshold)),
  maybe(15, all(flag('-i'), tunnel)),
);

const FORMATS = [
  '--stats',
  '--rate',
  '--thresholds',
  '--persistent-conn',
  '--tun-info',
  '--nosort',
  '--sort',
  '--exact',
];
const listing: Arbitrary<Words> = all(
  either([4, flag('-L', '-l', '--list')], [4, flag('-Ln', '-ln')], [1, flag('-nL', '-Lnc', '-Lcn')]),
  maybe(25, service),
  maybe(50, flag('-n', '--numeric')),
  fc.array(flag(...FORMATS), { maxLength: 3 }).map((list) => list.flat()),
  maybe(10, flag('-c', '--connection', '--timeout', '--daemon')),
);

const daemon: Arbitrary<Words> = all(
  option(null, '--start-daemon', one('master', 'backup', 'foo')),
  maybe(80, option(null, '--mcast-interface', one('lab0', 'lab0', 'lo', 'nosuch', 'averyveryverylongname'))),
  maybe(40, option(null, '--syncid', number(['0', '1', '255'], ['256', ...WRONG_NUMBERS]))),
  maybe(30, option(null, '--sync-maxlen', number(['1', '1400', '65507'], ['65508', ...WRONG_NUMBERS]))),
  maybe(30, option(null, '--mcast-group', one('224.0.0.82', 'ff02::51', '10.0.0.1', 'foo'))),
  maybe(30, option(null, '--mcast-port', number(['1', '9000', '65535'], ['0', '65536', 'abc']))),
  maybe(30, option(null, '--mcast-ttl', number(['1', '255'], ['0', '256', 'abc']))),
);

const timeout = number(['0', '1', '900', '2678400'], ['2678401', ...WRONG_NUMBERS]);
const COMMANDS: Arbitrary<Words> = either(
  [6, all(flag('-A', '-A', '--add-service'), service, settings)],
  [4, all(flag('-E', '--edit-service'), service, settings)],
  [2, all(flag('-D', '--delete-service'), service)],
  [7, all(flag('-a', '-a', '--add-server'), service, server)],
  [4, all(flag('-e', '--edit-server'), service, server)],
  [2, all(flag('-d', '--delete-server'), service, option('-r', '--real-server', endpoint(SERVERS, SERVERS6)))],
  [5, listing],
  [1, all(flag('-S', '--save'), maybe(60, flag('-n')))],
  [1, all(flag('-Z', '--zero'), maybe(50, service))],
  [1, all(flag('--set'), fc.array(timeout, { minLength: 2, maxLength: 4 }))],
  [2, daemon],
  [1, option(null, '--stop-daemon', one('master', 'backup', 'foo'))],
);

/** Words that fit somewhere, and ones that fit nowhere. */
const STRAY = ['-n', '-c', '-6', '-p', '-r', '-g', '-m', '-Q', '--nosuch', '--stats', 'foo', '', '--', '-', '-A', '-L'];

/** What a slip of the hand makes of a command line. */
const slip = (line: Words): Arbitrary<Words> => {
  const place = fc.nat({ max: line.length - 1 });
  return either(
    [2, place.map((at) => line.toSpliced(at, 1))],
    [1, place.map((at) => line.toSpliced(at, 0, line[at] ?? ''))],
    [1, fc.tuple(place, one(...STRAY)).map(([at, stray]) => line.toSpliced(at + 1, 0, stray))],
    [1, fc.tuple(place, place).map(([from, to]) => line.toSpliced(from, 1).toSpliced(to, 0, line[from] ?? ''))],
  );
};

const commandLine: Arbitrary<Words> = either([4, COMMANDS], [1, COMMANDS.chain(slip)]);
/** A line of a restore file: blanks end words there, so none is empty. */
const restoreLine: Arbitrary<string> = COMMANDS.map((line) => line.filter(Boolean).join(' '));

const generated: Arbitrary<Case> = either(
  [12, fc.tuple(one('all', 'all', 'one', 'empty', 'master'), commandLine).map(([table, line]) => plain(table, line))],
  [
    1,
    fc
      .array(restoreLine, { minLength: 1, maxLength: 4 })
      .map((lines) => plain('one', ['-R'], lines.map((line) => `${line}\n`).join(''))),
  ],
);

/** The same cases for the same seed. */
export const generatedCases = (seed: number, count: number): Case[] => fc.sample(generated, { seed, numRuns: count });
