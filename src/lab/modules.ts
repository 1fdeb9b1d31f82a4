/** Which kernel modules the guest needs and in which order they load. */
export const BOOT_MODULES = ['virtio_pci', 'virtiofs', 'overlay', 'virtio_net'];

export const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'];

/** Loaded while Node starts: what every topology and most tests use. The kernel loads anything else by itself. */
export const LAB_MODULES = ['veth', 'bridge', 'ip_vs', ...SCHEDULERS.map((name) => `ip_vs_${name}`)];

/** Paths, dependencies first and each once, of modules by name, from the text of depmod's modules.dep. Names that are not
 *  in it are left out: they are built in. */
export function loadOrder(modulesDep: string, names: readonly string[]): string[] {
  const needs = new Map<string, { path: string; first: string[] }>();
  for (const line of modulesDep.split('\n')) {
    const [path, rest] = line.split(':');
    if (!path || rest === undefined) continue;
    // modules.dep lists the nearest dependency first; loading goes the other way round.
    needs.set(moduleName(path), { path, first: rest.trim().split(' ').filter(Boolean).reverse() });
  }
  const order = new Set<string>();
  for (const name of names) {
    const found = needs.get(name);
    if (!found) continue;
    for (const path of found.first) order.add(path);
    order.add(found.path);
  }
  return [...order];
}

const moduleName = (path: string): string => (path.split('/').at(-1) ?? '').replace(/\.ko.*$/, '').replaceAll('-', '_');
