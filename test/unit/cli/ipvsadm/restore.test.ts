import { describe, expect, test } from 'vitest';
import { fakeIpvsadm } from '../../../support/fake-ipvsadm.ts';

const A = '-A -t 1.1.1.1:1 -s wlc';
const B = '-A -t 1.1.1.2:1 -s rr';
const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

describe('restore', () => {
  test('every line is a command; blank lines, comments and its own name are passed over', async () => {
    const { run, table, kernel } = fakeIpvsadm();
    const text = lines('# saved', '', `  ipvsadm   ${A}\r`, '\t', B, '-a -t 1.1.1.2:1 -r 2.2.2.2:9 -m');
    expect(await run('-R', text)).toEqual({ exit: 0, out: '', err: '' });
    expect(await table()).toBe(lines(A, B, '-a -t 1.1.1.2:1 -r 2.2.2.2:9 -m -w 1'));
    expect(kernel.calls.get('ipvs.apply')).toBe(1);
  });

  test('all mistakes are told with their lines, and nothing is done', async () => {
    const { run, table } = fakeIpvsadm();
    expect(await run('-R', lines(A, '-A -Q', '-A -t foo', '-6', '-R'))).toEqual({
      exit: 255,
      out: '',
      err:
        'line 2: -Q: unknown option\nline 3: illegal virtual server address[:port] specified\n' +
        "line 4: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n" +
        "line 5: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n4 lines are wrong; nothing was changed\n",
    });
    expect(await table()).toBe('');
    expect((await run('-R', '-A\n')).exit).toBe(2);
  });

  test('what the kernel refuses is told with its line, and the rest is done', async () => {
    const { run, table } = fakeIpvsadm();
    expect(await run('-R', lines(A, A, '-L -n -t 9.9.9.9:9', '--stop-daemon master', B))).toEqual({
      exit: 255,
      out: '',
      err: 'line 2: Service already exists\nline 3: No such service\nline 4: No daemon is running\n',
    });
    expect(await table()).toBe(lines(A, B));
  });

  test('other commands stand in their place between the changes', async () => {
    const { run } = fakeIpvsadm();
    const { out } = await run('-R', lines(A, '-S -n', '-C', B, '-S -n', '--set 5 6 7', '-L --timeout'));
    expect(out).toBe(lines(A, B, 'Timeout (tcp tcpfin udp): 5 6 7'));
  });

  test('--dry-run says what each line would do and does nothing', async () => {
    const { run, table } = fakeIpvsadm();
    const text = lines('-C', A, '-a -t 1.1.1.1:1 -r 2.2.2.2 -m', '--set 1 2 3', '--start-daemon backup');
    expect((await run('-R --dry-run', text)).out).toBe(
      lines(
        'line 1: delete all services',
        'line 2: add-service tcp://1.1.1.1:1 scheduler wlc',
        'line 3: add-server tcp://1.1.1.1:1 2.2.2.2:1 nat weight 1',
        'line 4: set timeouts to tcp 1 s, tcpfin 2 s, udp 3 s (0 keeps)',
        'line 5: start the backup sync daemon on eth0',
      ),
    );
    expect(JSON.parse((await run('-R --dry-run --json', '-Z\n')).out)).toEqual([
      { line: 1, does: 'zero the counters of all services' },
    ]);
    expect(await table()).toBe('');
  });

  test('an extended save comes back whole, the order of destinations too', async () => {
    const from = fakeIpvsadm();
    const made = lines(
      '--set 1 2 3',
      '-A -f 4294967295 -6 -s mh -b mh-port -M 64',
      '-A -u 10.0.0.1:53 -s wlc --pe sip',
      '-a -u 10.0.0.1:53 -r 10.0.0.9 -w 7 -x 20 -y 10 -m',
      '-a -u 10.0.0.1:53 -r 10.0.0.3:54 --forward local',
      '-a -u 10.0.0.1:53 -r 10.0.0.5 -i --tun-type gre --tun-csum',
      '-a -u 10.0.0.1:53 -r 10.0.0.4:55 --forward bypass',
      '--start-daemon backup --mcast-interface eth1 --syncid 9',
    );
    expect(await from.run('-R', made)).toEqual({ exit: 0, out: '', err: '' });
    const saved = (await from.run('-S --extended')).out;
    const to = fakeIpvsadm();
    expect(await to.run('-R', saved)).toEqual({ exit: 0, out: '', err: '' });
    expect(to.kernel.ipvs.state()).toEqual(expect.arrayContaining([...from.kernel.ipvs.state()]));
    expect(to.kernel.ipvs.state()).toHaveLength(2);
    expect(await to.ipvs.timeouts()).toEqual(await from.ipvs.timeouts());
    expect(await to.ipvs.daemons()).toEqual(await from.ipvs.daemons());
  });
});

describe('restore with --strict-compat, as ipvsadm 1.31 does it', () => {
  test.each([
    [
      'a mistake ends it half-way',
      lines(A, '-A -t foo', B),
      'illegal virtual server address[:port] specified\n',
      2,
      lines(A),
    ],
    [
      'a comment is a mistake',
      lines(A, '# x', B),
      "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n",
      255,
      lines(A),
    ],
    ['but not one that popt finds', lines('-A -Q', A), '-Q: unknown option\n', 0, lines(A)],
    ["the exit code is the last line's", lines(A, A, B), 'Service already exists\n', 0, lines(A, B)],
    ['whatever it is', lines(A, A), 'Service already exists\n', 255, lines(A)],
    ['a listing that fails ends it', lines(A, '-L -n -t 9.9.9.9:9', B), 'No such service\n', 1, lines(A)],
    ['its name is passed over anywhere', '-A -t 1.1.1.1:1 ipvsadm\n', '', 0, lines(A)],
  ])('%s', async (_, text, err, exit, table) => {
    const strict = fakeIpvsadm();
    expect(await strict.run('-R --strict-compat', text)).toEqual({ exit, out: '', err });
    expect(await strict.table()).toBe(table);
  });

  test('help ends it', async () => {
    const strict = fakeIpvsadm();
    expect((await strict.run('-R --strict-compat', lines('-v', A))).exit).toBe(0);
    expect(await strict.table()).toBe('');
  });
});

describe('under other names', () => {
  test('ipvsadm-restore clears first, once every line is right', async () => {
    const { run, runAs, table } = fakeIpvsadm();
    await run(A);
    expect((await runAs('ipvsadm-restore', '', lines('# x', '-A'))).err).toContain('line 2: You need to supply');
    expect(await table()).toBe(lines(A));
    expect(await runAs('ipvsadm-restore', '', lines('# x', B))).toEqual({ exit: 0, out: '', err: '' });
    expect(await table()).toBe(lines(B));
  });

  test('with --strict-compat it clears whatever follows', async () => {
    const { run, runAs, table } = fakeIpvsadm();
    await run(A);
    expect((await runAs('ipvsadm-restore', '--strict-compat', lines('# x', '-A'))).exit).toBe(2);
    expect(await table()).toBe('');
  });

  test('ipvsadm-save takes -n, passes over words and refuses other options', async () => {
    const { run, runAs } = fakeIpvsadm();
    await run(A);
    expect(await runAs('ipvsadm-save', '-n word')).toEqual({ exit: 0, out: lines(A), err: '' });
    expect((await runAs('ipvsadm-save', '-n --extended')).out).toContain('--set 900 120 300');
    expect(await runAs('ipvsadm-save', '-x')).toEqual({
      exit: 1,
      out: '',
      err: 'ipvsadm-save: Script to save the IPVS table to stdout.\n   With the -n option, prints out the table in numeric format.\n',
    });
  });

  test('any other name is ipvsadm', async () => {
    expect((await fakeIpvsadm().runAs('ipvsadm.js', '-v')).exit).toBe(0);
  });
});
