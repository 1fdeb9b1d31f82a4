import { type FairleadError, failure } from '../base/errors.ts';
import type { Desired } from '../model/desired.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { KernelDump, Link } from '../model/observed.ts';
import type { IpvsOp, OpFailure } from '../model/op.ts';
import { fullNetmask, type VirtualServiceId } from '../model/service.ts';
import type { KernelPorts } from './apply.ts';

/** What this kernel cannot do for this configuration, found out before anything of it is applied. Empty: go ahead. */
export async function preflight(ports: KernelPorts, desired: Desired, dump: KernelDump): Promise<FairleadError[]> {
  const links = await ports.net.links();
  return [
    ...interfaceProblems(desired, dump, links),
    ...syncProblems(desired, links),
    ...(await schedulerProblems(ports, desired, dump)),
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

/** A scheduler is there if a service can be made with it: on a firewall mark that nobody uses, gone before a packet could meet it. */
async function schedulerProblems(ports: KernelPorts, desired: Desired, dump: KernelDump): Promise<FairleadError[]> {
  const known = new Set(dump.services.map((service) => service.service.scheduler));
  const needed = new Set(
    desired.services.flatMap((service) => service.listeners.map((listener) => listener.scheduler)),
  );
  const id = unusedMark(dump);
  const problems: FairleadError[] = [];
  for (const scheduler of needed) {
    if (known.has(scheduler)) continue;
    const why = `probing for scheduler ${scheduler}`;
    const add: IpvsOp = {
      kind: 'add-service',
      why,
      service: { id, scheduler, schedulerFlags: 0, onePacket: false, persistence: null, netmask: fullNetmask('inet') },
    };
    const [added] = await ports.ipvs.apply([add]);
    if (!added?.failure) await ports.ipvs.apply([{ kind: 'delete-service', why, id }]);
    else
      problems.push(
        added.failure.code === 'scheduler-missing'
          ? failure('scheduler-missing', { scheduler })
          : explainFailure(added.failure),
      );
  }
  return problems;
}

function unusedMark(dump: KernelDump): VirtualServiceId {
  const used = new Set(dump.services.map(({ service }) => (service.id.kind === 'fwmark' ? service.id.mark : 0)));
  let mark = 0xfa1ead00;
  while (used.has(mark)) mark++;
  return { kind: 'fwmark', mark, family: 'inet' };
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
