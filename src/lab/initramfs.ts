import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AgentSpec } from './agent.ts';
import { cpio, DIRECTORY, type Entry, FILE, LINK, PROGRAM } from './cpio.ts';
import type { GuestKernel } from './installation.ts';
import { BOOT_MODULES, LAB_MODULES, loadOrder } from './modules.ts';
import { quote } from './network.ts';

/** Where the guest keeps what belongs to its lab, in memory. */
export const GUEST_DIRECTORY = '/run/lab';
/** The control network between QEMU and the agent: from the range for benchmarks, which no lab's topology uses. */
export const CONTROL = { network: '198.18.255.0/24', guest: '198.18.255.15', prefix: 24, port: 7 } as const;

export interface GuestImage {
  readonly kernel: GuestKernel;
  readonly busybox: string;
  readonly tools: string | undefined;
  readonly node: string;
  readonly agent: string;
  readonly spec: AgentSpec;
  /** Path that must stay visible although it lies in /tmp. */
  readonly keepTmp: boolean;
}

/** The first file system of the guest: busybox, the kernel's modules, the agent's orders and the script that puts the
 *  shared root in place and hands over to the agent. Made anew for each boot, in some ten milliseconds. */
export function initramfs(image: GuestImage): Buffer {
  const dependencies = readFileSync(join(image.kernel.modules, 'modules.dep'), 'utf8');
  const boot = loadOrder(dependencies, BOOT_MODULES);
  const lab = loadOrder(dependencies, LAB_MODULES).filter((path) => !boot.includes(path));
  const entries: Entry[] = [
    ...['bin', 'dev', 'proc', 'sys', 'lower', 'memory', 'new', 'modules'].map((path) => ({ path, mode: DIRECTORY })),
    { path: 'bin/busybox', mode: PROGRAM, content: readFileSync(image.busybox) },
    { path: 'init', mode: PROGRAM, content: Buffer.from(initScript(image, boot, lab)) },
    { path: 'spec.json', mode: FILE, content: Buffer.from(JSON.stringify(image.spec)) },
  ];
  for (const path of [...boot, ...lab]) {
    const content = readFileSync(join(image.kernel.modules, path));
    entries.push({ path: `modules/${basename(path)}`, mode: FILE, content });
  }
  if (image.tools) entries.push(...tree(image.tools, 'tools'));
  return cpio(entries);
}

/** A folder with all that is in it. The programs that only the lab needs come this way: the kernel refuses a layer that
 *  lies inside another one, so they cannot be taken from the shared root. */
function tree(source: string, path: string): Entry[] {
  const status = lstatSync(source);
  if (status.isSymbolicLink()) return [{ path, mode: LINK, content: Buffer.from(readlinkSync(source)) }];
  if (status.isFile()) return [{ path, mode: status.mode, content: readFileSync(source) }];
  return [
    { path, mode: DIRECTORY },
    ...readdirSync(source).flatMap((name) => tree(join(source, name), `${path}/${name}`)),
  ];
}

const load = (paths: readonly string[]): string =>
  paths.map((path) => `$b insmod /modules/${basename(path)}`).join('\n');

export function initScript(image: GuestImage, boot: readonly string[], lab: readonly string[]): string {
  const layers = [...(image.tools ? ['/memory/tools'] : []), '/lower'].join(':');
  const agent = [image.node, image.agent, 'agent', `${GUEST_DIRECTORY}/spec.json`].map(quote).join(' ');
  return `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
echo '@lab {"phase":"kernel"}'
${load(boot)}
{
${load(lab)}
} &
set -e
$b mount -t virtiofs -o ro root /lower
$b mount -t tmpfs -o size=75% memory /memory
$b mkdir /memory/upper /memory/work
${image.tools ? '$b mv /tools /memory/tools' : ''}
$b mount -t overlay -o lowerdir=${layers},upperdir=/memory/upper,workdir=/memory/work overlay /new
# Node's program file is what the next steps wait for; read in order it is here in a fraction of the time that page
# faults take.
$b cat /new${image.node} > /dev/null &
cd /new
$b mkdir -p proc sys dev run tmp lib/modules/${image.kernel.version}
$b mount -t tmpfs -o mode=755 run run
${image.keepTmp ? '' : '$b mount -t tmpfs -o mode=1777 tmp tmp'}
$b mount --bind /lower${image.kernel.modules} lib/modules/${image.kernel.version}
$b mkdir -m 700 -p .${GUEST_DIRECTORY}
$b cp /spec.json .${GUEST_DIRECTORY}/spec.json
$b ip addr add ${CONTROL.guest}/${CONTROL.prefix} dev eth0
$b ip link set eth0 name control
$b ip link set control up
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs -o mode=1777 shm /dev/shm
$b ln -sf /proc/self/fd /dev/fd
$b ln -sf /proc/self/fd/0 /dev/stdin
$b ln -sf /proc/self/fd/1 /dev/stdout
$b ln -sf /proc/self/fd/2 /dev/stderr
echo lab > /proc/sys/kernel/hostname
for m in dev proc sys; do $b mount --move /$m $m; done
wait
echo '@lab {"phase":"root"}'
exec $b switch_root /new /bin/sh -c ${quote(`export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
${agent}
echo o > /proc/sysrq-trigger
sleep 10`)}
`;
}
