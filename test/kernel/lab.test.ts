import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lab, namespaceOf } from '../support/lab.ts';

describe('hosts', () => {
  test.each(['10.0.2.11', '10.0.2.2', 'fd00:2::13', 'fd00:2::2'])('the client reaches %s', async (address) => {
    const { code, stderr } = await lab.exec('client', ['ping', '-c', '1', '-W', '20', address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('have their name, their sysctls and the virtual addresses on lo', async () => {
    const script =
      'hostname; cat /proc/sys/net/ipv4/conf/all/arp_ignore /proc/sys/net/ipv4/conf/all/arp_announce; ip -br addr show lo';
    const { stdout } = await lab.exec('web1', ['sh', '-c', script]);
    const [name, ignore, announce, lo] = stdout.split('\n');
    expect([name, ignore, announce]).toEqual(['web1', '1', '2']);
    expect(lo).toContain('10.0.2.100/32');
    expect(lo).toContain('fd00:2::100/128');
  });

  test('answer no ARP for an address on lo', async () => {
    await lab.exec('client', ['ip', 'neigh', 'flush', 'all']);
    const { code } = await lab.exec('client', ['ping', '-c', '1', '-W', '1', '10.0.2.100']);
    expect(code).not.toBe(0);
  });

  test('do not share /run, /proc or process numbers', async () => {
    await lab.exec('web1', ['touch', '/run/mine']);
    const { stdout } = await lab.exec('web2', ['sh', '-c', 'ls /run/mine; ls -d /proc/[0-9]* | wc -l']);
    expect(Number(stdout)).toBeLessThan(10);
  });

  test('have their topology processes up', async () => {
    const { stdout } = await lab.exec('client', ['curl', '-s', 'http://10.0.2.12/', 'http://[fd00:2::13]/']);
    expect(stdout).toBe('web2\nweb3\n');
  });

  test('are in the network namespace that the documented path names', async () => {
    const { stdout } = await lab.exec('client', ['cat', '/proc/net/fib_trie']);
    expect(stdout).toContain('10.0.2.10');
    const { stdout: seen } = await lab.exec('root', [
      'nsenter',
      `--net=${namespaceOf('client')}`,
      'cat',
      '/proc/net/fib_trie',
    ]);
    expect(seen).toContain('10.0.2.10');
  });
});

describe('exec', () => {
  test('carries stdin, both outputs and the exit code', async () => {
    const result = await lab.exec('web1', ['sh', '-c', 'cat; echo oops >&2; exit 5'], { input: 'hello' });
    expect(result).toEqual({ code: 5, stdout: 'hello', stderr: 'oops\n', timedOut: false });
  });

  test('carries large data both ways unchanged', async () => {
    const input = Buffer.alloc(3_000_000, 'fairlead');
    const { stdout } = await lab.exec('web1', ['cat'], { input });
    expect(stdout.length).toBe(input.length);
    expect(Buffer.from(stdout).equals(input)).toBe(true);
  });

  test('tells a signal as shells do', async () => {
    expect((await lab.exec('web1', ['sh', '-c', 'kill -9 $$'])).code).toBe(137);
    expect((await lab.exec('root', ['sh', '-c', 'kill -15 $$'])).code).toBe(143);
  });

  test('says 127 for a command that is not there', async () => {
    expect((await lab.exec('web1', ['no-such-command'])).code).toBe(127);
    expect((await lab.exec('root', ['no-such-command'])).code).toBe(127);
  });

  test('ends a command at its time limit', async () => {
    const { code, timedOut } = await lab.exec('web1', ['sleep', '600'], { timeoutMs: 100 });
    expect({ code, timedOut }).toEqual({ code: 124, timedOut: true });
  });

  test('refuses an unknown host by name', async () => {
    await expect(lab.exec('nobody', ['true'])).rejects.toThrow('host "nobody" does not exist; there are: root, client');
  });

  test('delivers a signal to the command and lets it say goodbye', async () => {
    const child = await lab.spawn('web1', [
      'sh',
      '-c',
      "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.1; done",
    ]);
    await child.waitForLine(/ready/);
    child.kill('SIGTERM');
    await child.waitForLine(/bye/);
    expect(await child.exited).toBe(3);
  });
});

test('processes of a topology can be killed and started again', async () => {
  const page = ['curl', '-s', '-m', '20', 'http://10.0.2.13/'];
  await lab.process('web3', 'nginx', 'kill');
  expect((await lab.exec('client', page)).code).toBe(7);
  await lab.process('web3', 'nginx', 'start');
  expect((await lab.exec('client', page)).stdout).toBe('web3\n');
  await expect(lab.process('web3', 'apache', 'start')).rejects.toThrow('process of web3 "apache" does not exist');
});

test('the kernel has IPVS and its schedulers', async () => {
  const modules = readFileSync('/proc/modules', 'utf8');
  for (const name of ['ip_vs', 'ip_vs_rr', 'ip_vs_mh', 'ip_vs_sh', 'ip_vs_wlc'])
    expect(modules).toMatch(new RegExp(`^${name} `, 'm'));
});

test('`fairlead` is a command in every host', async () => {
  for (const host of ['root', 'director']) {
    expect((await lab.exec(host, ['sh', '-c', 'command -v fairlead'])).code).toBe(0);
  }
});
