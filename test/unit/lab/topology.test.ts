import { describe, expect, test } from 'vitest';
import { hostScript, quote, rootBatch } from '../../../src/lab/network.ts';
import { TOPOLOGIES, topologyNamed } from '../../../src/lab/topologies/index.ts';
import { type Host, type Topology, topologyProblems } from '../../../src/lab/topology.ts';

const host = (name: string, ...addresses: string[]): Host => ({
  name,
  links: [{ name: 'eth0', bridge: 'lan', addresses }],
});
const topology = (change: Partial<Topology>): Topology => ({
  name: 'test',
  summary: '',
  bridges: [{ name: 'lan', addresses: ['10.0.2.1/24'] }],
  hosts: [host('a', '10.0.2.2/24'), host('b', '10.0.2.3/24')],
  expose: [],
  ...change,
});

describe('topologies', () => {
  test.each(TOPOLOGIES)('$name can be built', (each) => {
    expect(topologyProblems(each)).toEqual([]);
  });

  test('are found by name, and an unknown name says which there are', () => {
    expect(topologyNamed('web').name).toBe('web');
    expect(() => topologyNamed('wob')).toThrow(
      'topology "wob" does not exist; there are: web, pair, directors, routed, bare',
    );
  });

  const mistakes: [string, Partial<Topology>, string][] = [
    [
      'an address twice',
      { hosts: [host('a', '10.0.2.2/24'), host('b', '10.0.2.2/24')] },
      'host b: 10.0.2.2 already belongs to host a',
    ],
    ['a host on no bridge', { bridges: [] }, 'host a: bridge "lan" does not exist'],
    ['a host twice', { hosts: [host('a'), host('a')] }, 'host "a" occurs twice'],
    ['a long name', { hosts: [host('abcdefghijk')] }, 'host name "abcdefghijk" is longer than 10 characters'],
    [
      'a name for shells',
      { hosts: [host('a;reboot')] },
      'host name "a;reboot" must be lower case letters, digits and dashes',
    ],
    ['the name of the root', { hosts: [host('root')] }, 'host name "root" is the lab\'s own'],
    [
      'no prefix length',
      { hosts: [host('a', '10.0.2.2')] },
      'host a: "10.0.2.2" needs a prefix length such as 10.0.2.2/24',
    ],
    [
      'a prefix too long',
      { hosts: [host('a', 'fd00::1/129')] },
      'host a: "fd00::1/129" needs a prefix length such as fd00::1/64',
    ],
    ['another spelling', { hosts: [host('a', 'fd00:0::1/64')] }, 'host a: "fd00:0::1" should be written fd00::1'],
    ['no address', { hosts: [host('a', 'ten/8')] }, 'host a: "ten/8" is not an address with a prefix length'],
    ['a sysctl path', { hosts: [{ ...host('a'), sysctls: { '../x': '1' } }] }, 'host a: "../x" is not a sysctl name'],
    [
      'a file elsewhere',
      { hosts: [{ ...host('a'), files: { '/etc/passwd': '' } }] },
      'host a: file /etc/passwd is not under /run',
    ],
    [
      'a file that climbs',
      { hosts: [{ ...host('a'), files: { '/run/../etc/x': '' } }] },
      'host a: file /run/../etc/x is not under /run',
    ],
  ];
  test.each(mistakes)('with %s are refused', (_, change, problem) => {
    expect(topologyProblems(topology(change))).toContain(problem);
  });
});

describe('the network of a topology', () => {
  const pids: Record<string, number> = { a: 101, b: 102 };

  test('is one batch in the root: bridges first, then each link with its end in the host', () => {
    expect(
      rootBatch(topology({}), (name) => pids[name] ?? 0)
        .trim()
        .split('\n'),
    ).toEqual([
      'link set lo up',
      'link add lan type bridge forward_delay 0 mcast_snooping 0',
      'link set lan up',
      'addr add 10.0.2.1/24 dev lan',
      'link add a.eth0 type veth peer name eth0 netns 101',
      'link set a.eth0 master lan up',
      'link add b.eth0 type veth peer name eth0 netns 102',
      'link set b.eth0 master lan up',
    ]);
  });

  test('is one script in each host, with addresses before sysctls', () => {
    const script = hostScript(
      { ...host('a', '10.0.2.2/24', 'fd00::2/64'), lo: ['10.0.2.100/32'], sysctls: { 'net.ipv4.ip_forward': '1' } },
      { cli: "/tmp/it's/cli.js", node: '/usr/bin/node' },
    );
    expect(script).toContain("ln -s '/tmp/it'\\''s/cli.js' /run/bin/fairlead");
    expect(script).toContain('addr add fd00::2/64 dev eth0 nodad');
    expect(script.indexOf('addr add 10.0.2.100/32 dev lo')).toBeLessThan(
      script.indexOf("echo '1' > /proc/sys/net/ipv4/ip_forward"),
    );
  });

  test('quotes words for the shell', () => {
    expect(quote("a'b $c")).toBe("'a'\\''b $c'");
  });
});
