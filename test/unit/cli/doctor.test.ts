import { describe, expect, it } from 'vitest';
import { renderDiagnoses } from '../../../src/cli/commands/doctor.ts';
import { type Check, diagnose, Unseen } from '../../../src/cli/doctor/check.ts';
import { judgeClock } from '../../../src/cli/doctor/clock.ts';
import { doctorChecks } from '../../../src/cli/doctor/index.ts';
import { judgeAddresses, judgeLinks } from '../../../src/cli/doctor/network.ts';
import { judgeCapabilities, judgeMounts } from '../../../src/cli/doctor/rights.ts';
import { judgeInline, judgeSecret, secretsOf } from '../../../src/cli/doctor/secrets.ts';
import { judgeArp, judgeForwarding, judgeIpvsSettings, judgeReversePath } from '../../../src/cli/doctor/sysctls.ts';
import { painter } from '../../../src/cli/style.ts';
import { configOf, fakeMachine, held, link, type MachineParts } from '../../support/machine.ts';

const WEB = `
services:
  - { name: web, listen: [tcp://10.0.0.100:80], scheduler: mh, forward: nat, servers: [{ address: 10.0.1.11 }] }
  - { name: web6, listen: ["tcp://[2001:db8::100]:80"], servers: [{ address: "2001:db8::11" }] }
`;
const EDGE = `
instances:
  - name: edge
    interface: eth0
    vrid: 51
    addresses: [10.0.0.110/24]
    notify: { master: [/bin/true], user: nobody }
`;
const web = configOf(WEB);
const edge = configOf(EDGE);
const what = (findings: readonly { what: string }[]): string => findings.map((finding) => finding.what).join('\n');

/** Everything in order for `web` and `edge`; each test breaks one thing. */
const healthy: MachineParts = {
  files: {
    '/lib/modules/6.1.0-1-amd64/modules.dep':
      'kernel/net/netfilter/ipvs/ip_vs_mh.ko: kernel/x.ko\nkernel/ip_vs.ko.xz:\nkernel/ip_vs_wlc.ko:\n',
    '/proc/net/ip_vs': 'IP Virtual Server version 1.2.1',
    '/proc/4242/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
    '/proc/4242/limits': 'Max open files            524288               524288               files\n',
    '/proc/self/mounts': 'proc /proc proc rw,relatime 0 0\n',
    '/proc/sys/net/ipv4/ip_forward': '1\n',
    '/proc/1/comm': 'systemd\n',
    '/proc/1/cmdline': '/sbin/init\0',
  },
  programs: { 'nft list ruleset': '', 'timedatectl show --property=NTPSynchronized --value': 'yes\n' },
  links: [link('lo'), link('eth0')],
};
const look = (parts: MachineParts, config = web) => diagnose(doctorChecks('/etc/f.yaml'), fakeMachine(parts), config);
const withFiles = (files: NonNullable<MachineParts['files']>): MachineParts => ({
  ...healthy,
  files: { ...healthy.files, ...files },
});
const found = async (parts: MachineParts, config = web): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await look(parts, config)).flatMap(({ name, findings }) => (findings.length > 0 ? [[name, what(findings)]] : [])),
  );

describe('fairlead doctor', () => {
  it('tells that a check of SCTP finds no module, wherever it is asked', async () => {
    const asking = (check: object) => configOf(WEB.replaceAll('servers:', `check: ${JSON.stringify(check)}, servers:`));
    for (const check of [{ sctp: {} }, { any: [{ ping: {} }, { sctp: {}, port: 99 }] }])
      expect((await found(healthy, asking(check)))['kernel features']).toMatch(/a check of SCTP needs module sctp,/);
    expect(await found(healthy, asking({ ping: {} }))).toEqual({});
  });

  it('tells that the daemon may open too few files for its checks', async () => {
    const servers = Array.from({ length: 400 }, (_, i) => ({ address: `10.1.${i >> 8}.${i & 255}` }));
    const asking = (check: object) =>
      configOf(JSON.stringify({ services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], check, servers }] }));
    const daemon = withFiles({
      '/proc/77/comm': 'node',
      '/proc/77/cmdline': 'node\0/usr/bin/fairlead\0run\0',
      '/proc/77/status': 'CapEff:\t000001ffffffffff\n',
      '/proc/77/limits': 'Max open files            1024                 1024                 files\n',
    });
    const tcp = asking({ tcp: {}, every: '1s', timeout: '1s' });
    const { 'open files': text } = await found(daemon, tcp);
    expect(text).toMatch(/^up to 400 checks wait at once .* with 1024 open files there is room for 320/);
    expect(await found(healthy, tcp)).not.toHaveProperty('open files');
    expect(await found(daemon, asking({ ping: {}, every: '1s', timeout: '1s' }))).not.toHaveProperty('open files');
  });

  it('finds nothing on a machine that is in order', async () => {
    expect(await found(healthy)).toEqual({});
    expect(await found(healthy, edge)).toEqual({});
    const unseen = (await look(healthy)).filter((diagnosis) => diagnosis.unseen !== null);
    expect(unseen.map(({ name }) => name)).toEqual(['net.ipv4.vs']);
  });

  it.each<[string, MachineParts, string, RegExp]>([
    [
      'no IPVS',
      { ...healthy, files: { ...healthy.files, '/proc/net/ip_vs': undefined as never } },
      'IPVS',
      /not loaded/,
    ],
    ['old kernel, nothing at boot', withKernel('5.10.0-1-amd64', {}), 'IPVS', /next boot/],
    [
      'no such scheduler',
      withKernel('6.1.0-2', {}, 'kernel/ip_vs.ko:\nkernel/ip_vs_wlc.ko:\n'),
      'kernel features',
      /scheduler mh needs module ip_vs_mh/,
    ],
    [
      'few rights',
      withFiles({ '/proc/4242/status': 'CapEff:\t0000000000000000\n' }),
      'capabilities',
      /this user.* lacks CAP_NET_ADMIN/,
    ],
    [
      'a daemon with few rights',
      withFiles({
        '/proc/77/comm': 'node',
        '/proc/77/cmdline': 'node\0/usr/bin/fairlead\0run\0',
        '/proc/77/status': 'CapEff:\t0\n',
        '/proc/77/limits': 'Max open files 1024 1024 files\n',
      }),
      'capabilities',
      /the daemon \(pid 77\) lacks CAP_NET_ADMIN/,
    ],
    [
      'a container',
      withFiles({ '/proc/self/mounts': 'proc /proc proc rw 0 0\nproc /proc/sys proc ro,nosuid 0 0\n' }),
      'writable /proc/sys',
      /read-only/,
    ],
    [
      'no forwarding',
      withFiles({ '/proc/sys/net/ipv4/ip_forward': '0\n' }),
      'forwarding',
      /^net.ipv4.ip_forward is 0.*$/,
    ],
    [
      'a clock adrift',
      { ...healthy, programs: { ...healthy.programs, 'timedatectl show --property=NTPSynchronized --value': 'no\n' } },
      'clock',
      /not synchronised/,
    ],
    [
      'a hidden address',
      { ...healthy, addresses: [held('127.0.0.1', 'lo'), held('10.9.0.1', 'lo')] },
      'ARP of direct routing',
      /10\.9\.0\.1 on lo/,
    ],
  ])('%s', async (_, parts, name, expected) => {
    const all = await found(parts);
    expect(Object.keys(all)).toEqual([name]);
    expect(all[name]).toMatch(expected);
  });

  it('goes on when one look fails, and does not call that in order', async () => {
    const diagnoses = await look(
      { ...healthy, programs: { 'nft list ruleset': new Error('nft failed: not permitted') } },
      edge,
    );
    const firewall = diagnoses.find(({ name }) => name === 'firewall');
    expect(firewall).toMatchObject({ findings: [], unseen: 'nft failed: not permitted' });
    expect(diagnoses.find(({ name }) => name === 'clock')?.unseen).toBe('timedatectl does not tell');
    const shown = renderDiagnoses('/etc/f.yaml', diagnoses, painter(false));
    expect(shown).toContain('unseen  firewall: nft failed: not permitted\n');
    expect(shown).toMatch(/\nnothing found; 2 not looked at\n$/);
  });

  it('prints each finding with why and fix', async () => {
    const row: Check = {
      name: 'tea',
      why: 'no tea, no work',
      look: async () => [{ what: 'the pot is empty', fix: 'fill it' }],
    };
    const blind: Check = { name: 'milk', why: '', look: () => Promise.reject(new Unseen('dark')) };
    expect(renderDiagnoses(null, await diagnose([row, blind], fakeMachine(), null), painter(false))).toBe(
      'found   tea (no tea, no work)\n          the pot is empty\n          fix: fill it\nunseen  milk: dark\n' +
        '1 found; 1 not looked at; no file given, so what it asks for was not looked at\n',
    );
  });

  it('names and explains every check once', () => {
    const rows = doctorChecks(null);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { why } of rows) expect(why.length).toBeGreaterThan(20);
  });
});

function withKernel(
  release: string,
  files: Record<string, string>,
  dep = healthy.files?.['/lib/modules/6.1.0-1-amd64/modules.dep'],
): MachineParts {
  return { ...withFiles({ ...files, [`/lib/modules/${release}/modules.dep`]: dep ?? '' }), release };
}

describe('judgements', () => {
  it('capabilities: what the file needs', () => {
    const admin = 1n << 12n;
    expect(judgeCapabilities(admin, 'x', web)).toEqual([]);
    expect(judgeCapabilities(admin, 'x', null)).toEqual([]);
    const halfOpen = configOf(WEB.replace('servers:', 'check: { syn: {} }, servers:'));
    expect(judgeCapabilities(admin, 'x', halfOpen)).toMatchObject([{ what: expect.stringContaining('CAP_NET_RAW') }]);
    for (const [place, hooks] of [
      ['servers:', 'quorum: { user: nobody }, servers:'],
      ['servers:', 'notify: { user: nobody }, servers:'],
      ['address: 10.0.1.11', 'address: 10.0.1.11, notify: { user: nobody }'],
    ] as const)
      expect(judgeCapabilities(admin, 'x', configOf(WEB.replace(place, hooks))), hooks).toHaveLength(3);
    const lacking = judgeCapabilities(admin, 'x', edge).map((finding) => finding.what.match(/CAP_\w+/)?.[0]);
    expect(lacking).toEqual(['CAP_NET_RAW', 'CAP_SYS_NICE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_KILL']);
  });

  it('mounts: the last one counts', () => {
    expect(judgeMounts('p /proc proc rw 0 0\np /proc/sys proc ro 0 0\np /proc/sys/net proc rw 0 0')).toEqual([]);
    expect(judgeMounts('')).toEqual([]);
  });

  it('forwarding: each family for itself', () => {
    expect(judgeForwarding(1, 0, web)).toEqual([]);
    expect(judgeForwarding(0, 0, edge)).toEqual([]);
    const nat6 = { ...web, services: web.services.map((service) => ({ ...service, forward: 'nat' as const })) };
    expect(what(judgeForwarding(1, 0, nat6))).toMatch(/^net\.ipv6\.conf\.all\.forwarding is 0[^\n]*$/);
  });

  it('rp_filter: strict, on an interface of ours, with another way', () => {
    const ways = [
      { name: 'lo', value: 1 },
      { name: 'eth0', value: 1 },
    ];
    expect(judgeReversePath(ways, edge)).toEqual([]);
    expect(what(judgeReversePath([...ways, { name: 'eth1', value: 1 }], edge))).toMatch(
      /^rp_filter is strict on eth0[^\n]*$/,
    );
    expect(
      judgeReversePath(
        [
          { name: 'eth0', value: 2 },
          { name: 'eth1', value: 0 },
        ],
        edge,
      ),
    ).toEqual([]);
    expect(what(judgeReversePath([{ name: 'vrrp.51', value: 1 }], edge))).toContain('vrrp.51');
  });

  it('ARP: quiet enough with ignore 1 and announce 2', () => {
    const there = [held('10.0.0.100', 'lo')];
    expect(judgeArp(there, 1, 2)).toEqual([]);
    expect(judgeArp(there, 1, 1)).toHaveLength(1);
    expect(judgeArp(there, 0, 2)).toHaveLength(1);
    expect(judgeArp([held('10.0.0.100', 'eth0'), held('::1', 'lo')], 0, 0)).toEqual([]);
  });

  it('net.ipv4.vs: as the file says, spelling aside', () => {
    expect(what(judgeIpvsSettings({ expire_nodest_conn: '0', drop_entry: '2' }, web))).toBe(
      'net.ipv4.vs.expire_nodest_conn is 0, the file says 1',
    );
  });

  it('clock: says what depends on it', () => {
    expect(judgeClock(true, ['edge'])).toEqual([]);
    expect(what(judgeClock(false, ['edge']))).toContain('adverts of edge are signed');
  });

  it('interfaces: missing, down, without carrier', () => {
    expect(what(judgeLinks([link('lo')], edge))).toMatch(
      /^interface eth0 \(instance edge\) does not exist; there are: lo$/,
    );
    expect(what(judgeLinks([link('eth0', { up: false })], edge))).toContain('is down');
    expect(what(judgeLinks([link('eth0', { carrier: false })], edge))).toContain('no carrier');
  });

  it('addresses: of an instance without a daemon, ours and not in the file, duplicates', () => {
    const role = held('10.0.0.110', 'eth0');
    const old = held('10.0.0.9', 'eth0', { owner: 112 });
    expect(judgeAddresses([role], true, edge)).toEqual([]);
    expect(what(judgeAddresses([role], false, edge))).toContain('no daemon runs');
    expect(what(judgeAddresses([old], true, edge))).toContain('not in the file');
    expect(judgeAddresses([held('10.0.0.9', 'eth0')], true, edge)).toEqual([]);
    expect(judgeAddresses([old], true, null)).toEqual([]);
    expect(what(judgeAddresses([{ ...old, duplicate: true }], true, null))).toContain('duplicate');
  });

  it('secrets: found wherever they stand, and who may read them', () => {
    const config = configOf(`
instances:
  - name: edge
    interface: eth0
    vrid: 51
    addresses: [10.0.0.110/24]
    hmac: { active: 1, keys: [{ id: 1, secretFile: /etc/k1 }, { id: 2, secret: "0123456789abcdef0123456789abcdef" }] }
services:
  - name: db
    listen: [tcp://10.0.0.100:3306]
    check: { mysql: { user: fairlead, passwordFile: /etc/db } }
    servers: [{ address: 10.0.0.11 }]
`);
    expect(secretsOf(config)).toEqual({
      files: new Set(['/etc/k1', '/etc/db']),
      inline: ['instances[0].hmac.keys[1].secret'],
    });
    expect(judgeSecret('/k', { mode: 0o600, uid: 0 }, 1000)).toEqual([]);
    expect(what(judgeSecret('/k', { mode: 0o640, uid: 0 }, 0))).toContain('mode 0640');
    expect(what(judgeSecret('/k', { mode: 0o600, uid: 33 }, 0))).toContain('uid 33');
    expect(what(judgeSecret('/k', undefined, 0))).toBe('/k does not exist');
    expect(judgeInline('/f', ['a'], { mode: 0o600, uid: 0 })).toEqual([]);
    expect(what(judgeInline('/f', ['a.secret'], { mode: 0o644, uid: 0 }))).toContain(
      '/f holds a.secret and has mode 0644',
    );
  });
});
