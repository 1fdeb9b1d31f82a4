import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CONTROL } from './initramfs.ts';
import { quote } from './network.ts';

export interface Machine {
  readonly image: string;
  readonly initrd: string;
  readonly fsSocket: string;
  readonly controlPort: number;
  readonly accelerated: boolean;
  /** One emulated processor whose time passes by the instructions it executes, one a nanosecond, and by nothing else. */
  readonly counted?: boolean;
}

const ACCELERATION = {
  kvm: ['-accel', 'kvm', '-cpu', 'host', '-smp', '2'],
  emulated: ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max', '-smp', '2'],
  // Instructions can only be counted by one thread.
  counted: ['-accel', 'tcg,thread=single,tb-size=512', '-icount', 'shift=0,sleep=on', '-cpu', 'max', '-smp', '1'],
};

/** QEMU's arguments. No boot ROM (its pause costs seconds), no devices but the shared file system, the control network
 *  and a serial console; the guest cannot open connections to the outside. */
export function machineArguments(machine: Machine): string[] {
  const forward = `hostfwd=tcp:127.0.0.1:${machine.controlPort}-${CONTROL.guest}:${CONTROL.port}`;
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...ACCELERATION[machine.counted ? 'counted' : machine.accelerated ? 'kvm' : 'emulated'],
    ...['-machine', 'q35,memory-backend=memory', '-m', '3G'],
    ...['-object', 'memory-backend-memfd,id=memory,size=3G,share=on'],
    ...['-kernel', machine.image, '-initrd', machine.initrd],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check rdinit=/init'],
    ...['-chardev', `socket,id=root,path=${machine.fsSocket}`],
    ...['-device', 'vhost-user-fs-pci,chardev=root,tag=root,queue-size=1024'],
    ...['-netdev', `user,id=control,net=${CONTROL.network},restrict=on,${forward}`],
    ...['-device', 'virtio-net-pci,netdev=control,romfile='],
  ];
}

/** The arguments that share the machine's files with the guest, read-only as the guest sees them: virtiofsd runs in a
 *  mount namespace of its own and gives out a read-only image of the real file systems. */
export function sharing(directory: string, mounts: readonly string[], daemon: string): string[] {
  const view = `${directory}/root`;
  const lines = ['set -e', `mkdir ${quote(view)}`];
  for (const mount of mounts) {
    const target = quote(mount === '/' ? view : `${view}${mount}`);
    lines.push(`mount --bind ${quote(mount)} ${target}`, `mount -o remount,bind,ro ${target}`);
  }
  const share = [daemon, `--socket-path=${directory}/fs.sock`, '-o', `source=${view}`, '-o', 'cache=always'];
  lines.push(`exec ${[...share, '-o', 'sandbox=chroot'].map(quote).join(' ')}`);
  return ['-m', 'sh', '-c', lines.join('\n')];
}

/** Mount points of the file systems that hold programs and data, outermost first; the kernel's own are left out. Paths in
 *  `needed` are always covered, whatever they lie on. */
export function sharedMounts(mountinfo: string, needed: readonly string[]): string[] {
  const points = new Map<string, string>();
  for (const line of mountinfo.split('\n')) {
    const [fields = '', source = ''] = line.split(' - ');
    const point = fields
      .split(' ')[4]
      ?.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const type = source.split(' ')[0];
    if (point && type) points.set(point, type);
  }
  const real = [
    'ext2',
    'ext3',
    'ext4',
    'xfs',
    'btrfs',
    'zfs',
    'overlay',
    'f2fs',
    'bcachefs',
    'virtiofs',
    '9p',
    'nfs',
    'nfs4',
  ];
  const holds = (point: string, path: string) => point === '/' || path === point || path.startsWith(`${point}/`);
  const chosen = new Set(['/']);
  for (const [point, type] of points) {
    // A file that is mounted over (as containers do with /etc/hosts) has no folder to share.
    if (real.includes(type) && !/^\/(proc|sys|dev|run|etc)\//.test(point)) chosen.add(point);
  }
  for (const path of needed) {
    const holder = [...points.keys()].filter((point) => holds(point, path)).sort((a, b) => b.length - a.length)[0];
    if (holder) chosen.add(holder);
  }
  return [...chosen].sort((a, b) => a.length - b.length);
}

export const readMounts = (needed: readonly string[]): string[] =>
  sharedMounts(readFileSync('/proc/self/mountinfo', 'utf8'), needed.map(dirname));
