import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { cpio, DIRECTORY, FILE, LINK } from '../../../src/lab/cpio.ts';
import { loadOrder } from '../../../src/lab/modules.ts';
import { machineArguments, sharedMounts, sharing } from '../../../src/lab/qemu.ts';

test('an archive is what cpio understands', () => {
  const archive = cpio([
    { path: 'd', mode: DIRECTORY },
    { path: 'd/file', mode: FILE, content: Buffer.from('hello') },
    { path: 'd/link', mode: LINK, content: Buffer.from('file') },
  ]);
  expect(archive.length % 4).toBe(0);
  const text = archive.toString('latin1');
  expect(text.match(/070701/g)).toHaveLength(4);
  // newc: 6 characters of magic, then 13 fields of 8; the 7th is the size of the content.
  const file = text.indexOf('d/file') - 110;
  expect(text.slice(file + 6 + 6 * 8, file + 6 + 7 * 8)).toBe('00000005');
});

test('modules load after what they need, each once', () => {
  const dep = [
    'kernel/net/ip_vs.ko: kernel/nf_conntrack.ko kernel/libcrc32c.ko',
    'kernel/net/ip_vs-mh.ko: kernel/net/ip_vs.ko kernel/nf_conntrack.ko kernel/libcrc32c.ko',
    'kernel/libcrc32c.ko:',
    'kernel/nf_conntrack.ko: kernel/libcrc32c.ko',
  ].join('\n');
  expect(loadOrder(dep, ['ip_vs_mh', 'ip_vs', 'built_in'])).toEqual([
    'kernel/libcrc32c.ko',
    'kernel/nf_conntrack.ko',
    'kernel/net/ip_vs.ko',
    'kernel/net/ip_vs-mh.ko',
  ]);
});

describe('what the guest sees of this machine', () => {
  const mountinfo = [
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
    '2 1 0:5 / /proc rw - proc proc rw',
    '3 1 0:6 / /tmp rw - tmpfs tmpfs rw',
    '4 1 8:2 / /home\\040dir rw - xfs /dev/sdb rw',
    '5 1 8:3 / /run/media rw - ext4 /dev/sdc rw',
    '6 1 8:1 /x /etc/hosts rw - ext4 /dev/sda1 rw',
  ].join('\n');

  test('is the real file systems, outermost first', () => {
    expect(sharedMounts(mountinfo, [])).toEqual(['/', '/home dir']);
  });

  test('always holds what it must run', () => {
    expect(sharedMounts(mountinfo, ['/tmp/clone/dist'])).toEqual(['/', '/tmp', '/home dir']);
  });

  test('is read-only before the file server starts', () => {
    const script = sharing('/run/x', ['/', '/home'], '/usr/lib/qemu/virtiofsd').at(-1) ?? '';
    const lines = script.split('\n');
    expect(lines).toContain("mount -o remount,bind,ro '/run/x/root'");
    expect(lines).toContain("mount -o remount,bind,ro '/run/x/root/home'");
    expect(lines.at(-1)).toMatch(/^exec '\/usr\/lib\/qemu\/virtiofsd'/);
  });

  test('does not include a way out to the network', () => {
    const machine = { image: 'k', initrd: 'i', fsSocket: 's', controlPort: 4000, accelerated: false };
    const netdev = machineArguments(machine).find((argument) => argument.startsWith('user,'));
    expect(netdev).toContain('restrict=on');
    expect(netdev).toContain('hostfwd=tcp:127.0.0.1:4000-');
    expect(machineArguments({ ...machine, accelerated: true })).toContain('kvm');
    expect(machineArguments(machine)).not.toContain('kvm');
  });
});

test('the script of the first file system is one that a shell can read', async () => {
  const { initScript } = await import('../../../src/lab/initramfs.ts');
  const kernel = { version: '6', image: '/k', modules: '/m' };
  const spec = {
    topology: { name: 'x', summary: '', bridges: [], hosts: [], expose: [] },
    driver: 'vm',
    directory: '/run/lab',
    cli: '/c',
  };
  const image = { kernel, busybox: '/b', tools: '/t', node: "/o'n/node", agent: '/a', spec, keepTmp: true };
  const script = initScript(image, ['a/virtio.ko'], ['b/ip_vs.ko']);
  execFileSync('sh', ['-n'], { input: script });
  expect(script.indexOf('virtio.ko')).toBeLessThan(script.indexOf('-t virtiofs'));
  expect(script).toContain('lowerdir=/memory/tools:/lower');
  expect(script).not.toContain(' tmp tmp');
});
