import { describe, expect, it } from 'vitest';
import { firewallCheck, judgeFirewall } from '../../../src/cli/doctor/firewall.ts';
import { judgeOthers, othersCheck } from '../../../src/cli/doctor/others.ts';
import { iptablesChains, nftChains } from '../../../src/cli/doctor/rulesets.ts';
import { configOf, fakeMachine } from '../../support/machine.ts';

const edge = configOf('instances: [{ name: edge, interface: eth0, vrid: 51, addresses: [10.0.0.110/24] }]');
const web = configOf('services: [{ name: web, listen: ["tcp://10.0.0.100:80"], servers: [{ address: 10.0.0.11 }] }]');
const VRRP = [{ kind: 'vrrp', interface: 'eth0', family: 'inet' }] as const;

const ruleset = (policy: string, ...rules: string[]): string => `table inet filter {
	set trusted {
		type ipv4_addr
		elements = { 10.0.0.1, 10.0.0.2 }
	}

	chain input {
		type filter hook input priority filter; policy ${policy};
		ct state { established, related } accept
${rules.map((rule) => `\t\t${rule}`).join('\n')}
	}

	chain more {
		ip protocol vrrp accept
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
`;
const save = (policy: string, ...rules: string[]): string =>
  `*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ${policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n:MORE - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;

describe('firewall', () => {
  it.each([
    ['accepts by default', ruleset('accept'), null],
    ['drops by default', ruleset('drop'), /chain input of table inet filter drops what no rule accepts/],
    ['ends in a drop', ruleset('accept', 'counter packets 5 bytes 9 drop'), /drops what no rule accepts/],
    ['ends in a reject', ruleset('accept', 'reject with icmpx type admin-prohibited'), /drops what no rule accepts/],
    ['accepts by protocol', ruleset('drop', 'ip protocol vrrp accept'), null],
    ['accepts by number', ruleset('drop', 'meta l4proto 112 counter packets 1 bytes 2 accept comment "adverts"'), null],
    [
      'has braces in a comment',
      ruleset('drop', 'tcp dport 22 accept comment "a { b"', 'meta l4proto vrrp accept'),
      null,
    ],
    ['speaks of VRRP in a log alone', ruleset('accept', 'tcp dport 23 log prefix "vrrp " drop'), null],
    ['accepts by group', ruleset('drop', 'ip daddr 224.0.0.18 accept'), null],
    ['accepts the interface', ruleset('drop', 'iifname "eth0" accept'), null],
    ['accepts another interface', ruleset('drop', 'iifname "eth1" accept'), /none that could be read accepts VRRP/],
    ['accepts in a chain it jumps to', ruleset('drop', 'jump more'), null],
    ['drops VRRP', ruleset('accept', 'meta l4proto vrrp drop'), /seems to drop VRRP.*: meta l4proto vrrp drop/],
  ])('nft %s', (_, text, expected) => {
    const found = judgeFirewall(nftChains(text), VRRP);
    if (expected === null) expect(found).toEqual([]);
    else expect(found.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it.each([
    ['accepts by default', save('ACCEPT'), null],
    [
      'drops by default',
      save('DROP', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'),
      /chain INPUT of table ip filter drops/,
    ],
    ['accepts by number', save('DROP', '-A INPUT -p 112 -j ACCEPT'), null],
    ['accepts in a chain it jumps to', save('DROP', '-A INPUT -j MORE', '-A MORE -d 224.0.0.18/32 -j ACCEPT'), null],
    [
      'ends in a reject',
      save('ACCEPT', '-A INPUT -j REJECT --reject-with icmp-port-unreachable'),
      /drops what no rule/,
    ],
    ['drops VRRP', save('ACCEPT', '-A INPUT -p vrrp -j DROP'), /seems to drop VRRP/],
  ])('iptables %s', (_, text, expected) => {
    const found = judgeFirewall(iptablesChains(text, 'inet'), VRRP);
    if (expected === null) expect(found).toEqual([]);
    else expect(found.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('is about the family that the instance speaks', () => {
    const chains = iptablesChains(save('DROP'), 'inet6');
    expect(judgeFirewall(chains, VRRP)).toEqual([]);
    const [found] = judgeFirewall(chains, [{ ...VRRP[0], family: 'inet6' }]);
    expect(found?.fix).toBe('allow it: `ip6tables -I INPUT -p vrrp -j ACCEPT`');
  });

  it('knows connection sync by its port', () => {
    const sync = [{ kind: 'sync', interface: 'eth1', family: 'inet', port: 8848 }] as const;
    expect(judgeFirewall(nftChains(ruleset('drop')), sync)[0]?.fix).toContain('udp dport 8848 accept');
    expect(judgeFirewall(nftChains(ruleset('drop', 'udp dport 8848 accept')), sync)).toEqual([]);
  });

  it('asks iptables where there is no nft, and says when there is neither', async () => {
    const programs = { 'iptables-save': save('DROP') };
    expect(await firewallCheck.look(fakeMachine({ programs }), edge)).toHaveLength(1);
    await expect(firewallCheck.look(fakeMachine(), edge)).rejects.toThrow('neither nft nor iptables-save');
    expect(await firewallCheck.look(fakeMachine(), web)).toEqual([]);
  });

  it('asks iptables-legacy beside nft only where its tables exist', async () => {
    const programs = { 'nft list ruleset': '', 'iptables-legacy-save': save('DROP') };
    expect(await firewallCheck.look(fakeMachine({ programs }), edge)).toEqual([]);
    const files = { '/proc/net/ip_tables_names': 'filter\n' };
    expect(await firewallCheck.look(fakeMachine({ programs, files }), edge)).toHaveLength(1);
  });
});

describe('other programs', () => {
  const process = (name: string, ...words: string[]) => ({ pid: 7, name: name.slice(0, 15), words });
  const none = { keepalived: '', ipvsadm: '' };
  const told = (
    running: Parameters<typeof judgeOthers>[0],
    config: typeof edge | null,
    files = none,
    restores = false,
  ) =>
    judgeOthers(running, files, { restores }, config)
      .map(({ what }) => what)
      .join('\n');

  it.each([
    [
      'ldirectord, a Perl script',
      [process('ldirectord', '/usr/bin/perl', '-w', '/usr/sbin/ldirectord', 'start')],
      web,
      /ldirectord runs/,
    ],
    ['ldirectord beside instances alone', [process('ldirectord', '/usr/sbin/ldirectord')], edge, /^$/],
    [
      'kube-proxy in mode ipvs',
      [process('kube-proxy', '/usr/local/bin/kube-proxy', '--proxy-mode=ipvs')],
      web,
      /runs in mode ipvs/,
    ],
    ['kube-proxy in mode iptables', [process('kube-proxy', 'kube-proxy', '--proxy-mode=iptables')], web, /^$/],
    ['kube-proxy with a file', [process('kube-proxy', 'kube-proxy', '--config=/x')], null, /may be ipvs/],
    ['vrrpd', [process('vrrpd', '/usr/lib/frr/vrrpd')], edge, /speaks VRRP here as well/],
    ['an editor of its file', [process('vi', 'vi', 'x', '/etc/keepalived/keepalived')], edge, /^$/],
    ['nothing', [], null, /^$/],
  ])('%s', (_, running, config, expected) => {
    expect(told(running, config)).toMatch(expected);
  });

  it('keepalived is in the way where its file says so', () => {
    const running = [process('keepalived', '/usr/sbin/keepalived', '-n')];
    const conf = '# virtual_server 10.0.0.1 80 {\nvrrp_instance A {\n  virtual_router_id 51\n}\n';
    expect(told(running, web, { ...none, keepalived: conf })).toBe('');
    expect(told(running, edge, { ...none, keepalived: conf })).toContain(
      'virtual_router_id 51, which is instance edge',
    );
    expect(told(running, web, { ...none, keepalived: `${conf}virtual_server 10.0.0.1 80 {\n` })).toContain(
      'virtual_server',
    );
    expect(told(running, web, { ...none, keepalived: 'include x.conf\n' })).toContain('not all of its configuration');
    expect(told([], web, { ...none, keepalived: 'virtual_server 10.0.0.1 80 {' })).toBe('');
  });

  it('reads all that from /proc and /etc', async () => {
    const files = {
      '/proc/7/comm': 'keepalived\n',
      '/proc/7/cmdline': '/usr/sbin/keepalived\0-n\0',
      '/proc/9/comm': new Error('gone'),
      '/etc/keepalived/keepalived.conf': new Error('EACCES'),
      '/etc/default/ipvsadm': '# x\nAUTO="true"\n',
    };
    const found = await othersCheck.look(fakeMachine({ files }), web);
    expect(found.map(({ what }) => what)).toEqual([
      'keepalived runs (pid 7) and not all of its configuration could be read',
      'the ipvsadm service restores /etc/ipvsadm.rules at boot, and clears the table when it stops',
    ]);
  });

  it('finds an enabled unit of ipvsadm', async () => {
    const files = { '/etc/systemd/system/multi-user.target.wants/ipvsadm.service': '' };
    expect(await othersCheck.look(fakeMachine({ files }), web)).toHaveLength(1);
  });
});
