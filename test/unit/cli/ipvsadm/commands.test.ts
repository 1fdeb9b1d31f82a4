import { describe, expect, test } from 'vitest';
import { USAGE_TEXT, VERSION_TEXT } from '../../../../src/cli/ipvsadm/help.ts';
import { COMMANDS, FORMS } from '../../../../src/cli/ipvsadm/options.ts';
import { fakeIpvsadm } from '../../../support/fake-ipvsadm.ts';

const V = '10.9.0.100:80';
const BASE = ['-A -t 10.9.0.100:80 -s rr', '-a -t 10.9.0.100:80 -r 10.9.0.11 -m'];

/** The table that lines lead to, which all have to succeed quietly. */
async function tableAfter(...lines: readonly string[]): Promise<string> {
  const { run, table } = fakeIpvsadm();
  for (const line of lines) expect([line, await run(line)]).toEqual([line, { exit: 0, out: '', err: '' }]);
  return table();
}

describe('short, long, combined and attached forms do the same', () => {
  test.each<readonly string[]>([
    [
      '-A -t 10.0.0.1:80 -s rr -p 50',
      '-At 10.0.0.1:80 -p50 -srr',
      '-A -t=10.0.0.1:80 -s=rr -p=50',
      '--add-service --tcp-service=10.0.0.1:80 --scheduler rr --persistent=50',
    ],
    [
      '-A -u 10.0.0.1:53 -s wlc -p 360 -o',
      '-Au 10.0.0.1:53 -op',
      '--add-service --udp-service 10.0.0.1:domain --ops --persistent',
    ],
    [
      '-A -f 7 -6 -s wlc -p 360 -M 64',
      '-Af7 -6M64 -p',
      '--add-service --fwmark-service 7 --ipv6 --persistent --netmask 64',
    ],
    [
      '-A -u 10.0.0.1:53 -s sh -b sh-fallback,sh-port',
      '-Au10.0.0.1:53 -bsh-port,sh-fallback -ssh',
      '--add-service --udp-service=10.0.0.1:53 --sched-flags=sh-port,,sh-fallback, --scheduler=sh',
    ],
    [
      '-A --sctp-service 10.0.0.1:80 -s wlc',
      '--add-service --sctp-service=10.0.0.1:80',
      "-A --sctp-service 10.0.0.1:80 -s ''",
    ],
    ['-A -u 10.0.0.1:53 -s wlc -p 9 --pe sip', '-A -u 10.0.0.1:53 --pe=sip -p9'],
  ])('%s', async (...lines) => {
    for (const line of lines) expect([line, await tableAfter(line)]).toEqual([line, `${lines[0]}\n`]);
  });

  test.each([
    [
      `-E -t ${V} -s wlc -p 5`,
      [`--edit-service --tcp-service ${V} --persistent 5`],
      `-A -t ${V} -s wlc -p 5\n-a -t ${V} -r 10.9.0.11:80 -m -w 1\n`,
    ],
    [`-D -t ${V}`, [`-Dt${V}`, `--delete-service --tcp-service=${V}`], ''],
    ['-C', ['--clear'], ''],
    [
      `-e -t ${V} -r 10.9.0.11 -w 0`,
      [
        `-et${V} -gw0 -r10.9.0.11:81`,
        `--edit-server --tcp-service=${V} --real-server=10.9.0.11 --gatewaying --weight=0`,
      ],
      `-A -t ${V} -s rr\n-a -t ${V} -r 10.9.0.11:80 -g -w 0\n`,
    ],
    [
      `-d -t ${V} -r 10.9.0.11`,
      [`-dt${V} -r10.9.0.11:80`, `--delete-server --tcp-service=${V} --real-server 10.9.0.11`],
      `-A -t ${V} -s rr\n`,
    ],
    [
      `-a -t ${V} -r 10.9.0.12:90 -mx9 -y3 -w3`,
      [
        `--add-server --tcp-service=${V} --real-server=10.9.0.12:90 --masquerading --u-threshold=9 --l-threshold=3 --weight 3`,
      ],
      `-A -t ${V} -s rr\n-a -t ${V} -r 10.9.0.11:80 -m -w 1\n-a -t ${V} -r 10.9.0.12:90 -m -w 3\n`,
    ],
    [
      `-a -t ${V} -r [2001:db8::1]:81 -i --tun-type gue --tun-port 6080`,
      [`-ait${V} -r2001:db8::1 --tun-port=6080 --tun-nocsum --tun-type=gue`],
      `-A -t ${V} -s rr\n-a -t ${V} -r 10.9.0.11:80 -m -w 1\n-a -t ${V} -r [2001:db8::1]:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum\n`,
    ],
    [
      `-a -t ${V} -r 10.9.0.12:90 --forward dr`,
      [],
      `-A -t ${V} -s rr\n-a -t ${V} -r 10.9.0.11:80 -m -w 1\n-a -t ${V} -r 10.9.0.12:90 -g -w 1\n`,
    ],
    [
      '-Z',
      [`-Zt${V}`, '--zero', `--zero --tcp-service ${V}`],
      `-A -t ${V} -s rr\n-a -t ${V} -r 10.9.0.11:80 -m -w 1\n`,
    ],
  ])('%s', async (line, others, table) => {
    for (const each of [line, ...others]) expect([each, await tableAfter(...BASE, each)]).toEqual([each, table]);
  });
});

test('a server that is named before its service gets no port from it', async () => {
  expect(await tableAfter('-A -t 10.0.0.1:80', '-a -r 10.9.0.12 -m -t 10.0.0.1:80')).toContain('-r 10.9.0.12:0 -m');
});

test('timeouts and sync daemons', async () => {
  const { run, ipvs } = fakeIpvsadm();
  expect((await run('--set 1 0 -- 3')).exit).toBe(0);
  expect((await run('-L --timeout')).out).toBe('Timeout (tcp tcpfin udp): 1 120 3\n');
  expect((await run('--start-daemon=master --syncid 5 --mcast-group ff02::51 --mcast-port 9 --mcast-ttl 3')).exit).toBe(
    0,
  );
  expect(await ipvs.daemons()).toEqual([
    { state: 'master', interface: 'eth0', syncId: 5, group: 'ff02::51', port: 9, ttl: 3 },
  ]);
  expect((await run('--stop-daemon master --syncid 9')).exit).toBe(0);
  expect(await ipvs.daemons()).toEqual([]);
});

test('no words at all list the table', async () => {
  const { run } = fakeIpvsadm();
  await run('-A -t 10.9.0.100:80 -s rr');
  expect((await run('')).out).toBe((await run('-l')).out);
  expect((await run('-lnt 10.9.0.100:80')).out).toBe(
    'Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  10.9.0.100:80 rr\n',
  );
});

test('help and version, whatever follows', async () => {
  const { run } = fakeIpvsadm();
  expect(await run('-vQ')).toEqual({ exit: 0, out: VERSION_TEXT, err: '' });
  expect(await run('-h foo')).toEqual({ exit: 0, out: VERSION_TEXT + USAGE_TEXT, err: '' });
});

test('the help names every form but ours and the version', () => {
  const own = ['--forward', '--json', '--extended', '--dry-run', '--strict-compat', '--version'];
  const missing = [...COMMANDS, ...FORMS].map(({ long }) => `--${long}`).filter((form) => !USAGE_TEXT.includes(form));
  expect(missing.sort()).toEqual(own.sort());
});

test('a refused kernel ends everything, help too', async () => {
  const { kernel, run } = fakeIpvsadm();
  for (const code of ['not-permitted', 'not-permitted'] as const) kernel.failNextCall(code);
  const { exit, out, err } = await run('-h');
  expect({ exit, out }).toEqual({ exit: 2, out: '' });
  expect(err).toContain(
    "Can't initialize ipvs: Permission denied (you must be root)\nAre you sure that IP Virtual Server is built in the kernel or as module?\n",
  );
});
