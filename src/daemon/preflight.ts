import { release } from 'node:os';
import { type FairleadError, failure } from '../base/errors.ts';
import { asks } from '../kernel/ask.ts';
import { FEATURES, type Feature, isFeature, kernelHas, probe } from '../kernel/features.ts';
import type { Desired, DesiredService } from '../model/desired.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { KernelDump, Link } from '../model/observed.ts';
import type { OpFailure } from '../model/op.ts';
import type { Tunnel } from '../model/service.ts';
import type { KernelPorts } from './apply.ts';
import { secretProblems } from './electorate.ts';
import { programProblems } from './programs/trust.ts';

/** What this kernel cannot do for this configuration, found out before anything of it is applied. Empty: go ahead. */
export async function preflight(ports: KernelPorts, desired: Desired, dump: KernelDump): Promise<FairleadError[]> {
  const links = await ports.net.links();
  return [
    ...interfaceProblems(desired, dump, links),
    ...syncProblems(desired, links),
    ...secretProblems(desired),
    ...programProblems(desired),
    ...(await featureProblems(ports, desired, dump)),
  ];
}

function interfaceProblems(desired: Desired, dump: KernelDump, links: readonly Link[]): FairleadError[] {
  const present = new Set(links.map((link) => link.name));
  return desired.addresses.flatMap(({ interface: name, address }) => {
    if (!present.has(name))
      return [failure('interface-missing', { interface: name, present: [...present].join(', ') })];
    const elsewhere = dump.addresses.find((held) => held.address === address && held.interface !== name);
    if (!elsewhere) return [];
    return [failure('interface-busy', { interface: name, address, reason: `${elsewhere.interface} already holds it` })];
  });
}

function syncProblems(desired: Desired, links: readonly Link[]): FairleadError[] {
  const wanted = desired.sync?.daemons.master.interface;
  const present = links.map((link) => link.name);
  return wanted === undefined || present.includes(wanted)
    ? []
    : [failure('interface-missing', { interface: wanted, present: present.join(', ') })];
}

/** Schedulers and tunnel types that the configuration asks for and no service in the kernel proves. */
async function featureProblems(ports: KernelPorts, desired: Desired, dump: KernelDump): Promise<FairleadError[]> {
  const problems: FairleadError[] = [];
  const known = new Set(dump.services.flatMap((entry) => featuresOf(entry.service.scheduler, entry.destinations)));
  for (const feature of new Set(desired.services.flatMap(needed))) {
    if (known.has(feature)) continue;
    const [kind, name = ''] = feature.split(/-(.*)/);
    try {
      const present = isFeature(feature) ? await probe(feature, ports) : await asks.scheduler(name)(ports);
      if (present !== false) continue;
      const advice = isFeature(feature) ? adviceOn(feature, name) : 'choose another';
      if (kind === 'tunnel') problems.push(failure('tunnel-missing', { tunnel: name, advice }));
      else problems.push(failure('scheduler-missing', { scheduler: name, advice }));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      problems.push(explainFailure(error));
    }
  }
  return problems;
}

const needed = (service: DesiredService): string[] => {
  const servers = service.fallback ? [...service.servers, service.fallback] : service.servers;
  return service.listeners.flatMap(({ scheduler }) => featuresOf(scheduler, servers));
};

const featuresOf = (scheduler: string, servers: readonly { readonly tunnel: Tunnel | null }[]): string[] => [
  `scheduler-${scheduler}`,
  ...servers.flatMap(({ tunnel }) => (tunnel && tunnel.type !== 'ipip' ? [`tunnel-${tunnel.type}`] : [])),
];

function adviceOn(feature: Feature, name: string): string {
  const since = FEATURES[feature].firstKernel;
  const running = release();
  if (!kernelHas(feature, running)) return `this kernel is ${running}; Linux ${since} and later have it`;
  return feature.startsWith('scheduler')
    ? `Linux ${since} and later have it, if built so: run \`modprobe ip_vs_${name}\`, or choose another`
    : `Linux ${since} and later have it`;
}

/** The kernel's refusal as the error a user sees, with its exit code. */
export function explainFailure(failed: OpFailure): FairleadError {
  if (failed.code === 'not-permitted') return failure('not-permitted', { operation: failed.operation }, failed);
  if (failed.code === 'ipvs-missing') return failure('ipvs-missing', {}, failed);
  return failure('kernel-refused', { operation: failed.operation, reason: failed.text }, failed);
}

/** Runs a kernel call; what it rejects with becomes the user's error. */
export async function explained<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof KernelError ? explainFailure(error) : error;
  }
}
