import { releaseAtLeast } from '../../base/release.ts';
import { membersOf } from '../../config/check.ts';
import type { Config } from '../../config/schema.ts';
import { FEATURES, isFeature, kernelHas } from '../../kernel/features.ts';
import { type Check, type Finding, type Machine, Unseen } from './check.ts';

/** What is known of a kernel's modules. */
export interface Modules {
  readonly release: string;
  /** IPVS answers now. */
  readonly ipvs: boolean;
  /** Names present as a module on disk, built in or loaded; null when this machine does not tell. */
  readonly available: ReadonlySet<string> | null;
  /** Lines of modules-load.d and /etc/modules. */
  readonly atBoot: ReadonlySet<string>;
}

export const kernelChecks: readonly Check[] = [
  {
    name: 'IPVS',
    why: 'virtual services live in the kernel; `instances` alone do without',
    look: async (machine, config) => judgeIpvs(await readModules(machine), config),
  },
  {
    name: 'kernel features',
    why: 'a scheduler, tunnel type or macvlan that the kernel lacks is found out before the service needs it',
    async look(machine, config) {
      const modules = await readModules(machine);
      const wanted = wantedModules(config);
      if (modules.available === null && wanted.length > 0)
        throw new Unseen(`neither /lib/modules/${machine.release} nor /sys/module tells what the kernel has`);
      return judgeFeatures(modules, config);
    },
  },
];

export function judgeIpvs({ release, ipvs, available, atBoot }: Modules, config: Config | null): Finding[] {
  if (config !== null && config.services.length === 0) return [];
  const boot = 'at boot with `echo ip_vs > /etc/modules-load.d/ipvs.conf`';
  if (!ipvs) {
    const known = available?.has('ip_vs') === false;
    return known
      ? [{ what: `kernel ${release} has no module ip_vs`, fix: 'install a kernel with CONFIG_IP_VS' }]
      : [{ what: 'IPVS is not loaded', fix: `\`modprobe ip_vs\`, ${boot}` }];
  }
  // Newer kernels load it when it is asked for.
  if (atBoot.has('ip_vs') || releaseAtLeast(release, FEATURES['module-loads-itself'].firstKernel)) return [];
  return [{ what: 'IPVS is loaded now, but nothing loads it at the next boot', fix: boot }];
}

/** Modules that the file needs besides ip_vs, with what needs them. */
function wantedModules(config: Config | null): { module: string; feature: string; what: string }[] {
  if (config === null) return [];
  const schedulers = new Set(config.services.map(({ scheduler }) => scheduler));
  const wanted = [...schedulers].map((name) => ({
    module: `ip_vs_${name}`,
    feature: `scheduler-${name}`,
    what: `scheduler ${name}`,
  }));
  if (config.instances.some(({ virtualMac }) => virtualMac !== false))
    wanted.push({ module: 'macvlan', feature: '', what: 'virtualMac' });
  if (config.instances.some(({ accept }) => !accept))
    wanted.push({ module: 'nf_tables', feature: '', what: 'accept: false' });
  if (config.services.some(asksSctp)) wanted.push({ module: 'sctp', feature: '', what: 'a check of SCTP' });
  return wanted;
}

const asksSctp = ({ check: common, servers }: Config['services'][number]): boolean =>
  [common, ...servers.map(({ check }) => check ?? 'none')].some(
    (check) => check !== 'none' && [check, ...(membersOf(check)?.of ?? [])].some(({ sctp }) => sctp !== undefined),
  );

export function judgeFeatures({ release, available }: Modules, config: Config | null): Finding[] {
  const missing = wantedModules(config).flatMap(({ module, feature, what }): Finding[] => {
    if (available === null || available.has(module)) return [];
    const since = isFeature(feature) && !kernelHas(feature, release) ? FEATURES[feature].firstKernel : null;
    const fix = since
      ? `use Linux ${since} or later, or choose another`
      : `install a kernel that has it, or do without`;
    return [{ what: `${what} needs module ${module}, which kernel ${release} does not have`, fix }];
  });
  return [...missing, ...tunnelFindings(release, config)];
}

function tunnelFindings(release: string, config: Config | null): Finding[] {
  const types = (config?.services ?? []).flatMap(({ tunnel, servers, fallback }) =>
    [tunnel, fallback?.tunnel, ...servers.map((server) => server.tunnel)].flatMap((each) => each?.type ?? []),
  );
  return [...new Set(types)].flatMap((type): Finding[] => {
    const feature = `tunnel-${type}`;
    if (!isFeature(feature) || kernelHas(feature, release)) return [];
    const since = FEATURES[feature].firstKernel;
    return [
      {
        what: `tunnels of type ${type} came with Linux ${since}, this is ${release}; it would send ipip`,
        fix: `use Linux ${since} or later, or tunnel type ipip`,
      },
    ];
  });
}

async function readModules(machine: Machine): Promise<Modules> {
  const below = `/lib/modules/${machine.release}`;
  const [dep, builtin, loaded, loadD] = await Promise.all([
    machine.text(`${below}/modules.dep`),
    machine.text(`${below}/modules.builtin`),
    machine.names('/sys/module'),
    machine.names('/etc/modules-load.d'),
  ]);
  const boot = await Promise.all(
    ['/etc/modules', ...loadD.map((name) => `/etc/modules-load.d/${name}`)].map((path) => machine.text(path)),
  );
  return {
    release: machine.release,
    ipvs: (await machine.text('/proc/net/ip_vs')) !== undefined,
    // Without modules.dep the running kernel's modules on disk are unknown, as in a container.
    available: dep === undefined ? null : new Set([...moduleNames(dep), ...moduleNames(builtin ?? ''), ...loaded]),
    atBoot: new Set(boot.flatMap((text) => (text ?? '').split('\n').map((line) => line.trim().replaceAll('-', '_')))),
  };
}

/** Of the lines of modules.dep (`kernel/net/x/ip_vs.ko.xz: others`) and modules.builtin. */
const moduleNames = (text: string): string[] =>
  [...text.matchAll(/^(?:[^:\s]*\/)?([^/:\s]+)\.ko/gm)].map(([, name = '']) => name.replaceAll('-', '_'));
