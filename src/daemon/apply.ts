import type { KernelDump } from '../model/observed.ts';
import { isDaemonOp, isIpvsOp, isNetOp, type Op, type OpResult } from '../model/op.ts';
import type { IpvsPort, NetPort, SyncPort, SysctlPort } from '../model/ports.ts';
import { SYSCTLS } from '../model/sysctls.ts';

export interface KernelPorts {
  readonly ipvs: IpvsPort;
  readonly net: NetPort;
  readonly sysctls: SysctlPort;
  readonly sync: SyncPort;
}

export interface ReadOptions {
  readonly stats: boolean;
  /** False: nothing of IPVS is wanted, so it is not asked, which would load its module. */
  readonly ipvs: boolean;
  /** False: nobody wants routes or rules and none of ours can be there. */
  readonly routing: boolean;
}

/** What the kernel holds now, as plan() compares it. Rejects with a KernelError when it cannot be read. */
export async function readKernel(ports: KernelPorts, { stats, ipvs, routing }: ReadOptions): Promise<KernelDump> {
  const [services, addresses, sysctls, daemons, routes, rules] = await Promise.all([
    ipvs ? ports.ipvs.dump({ stats }) : [],
    ports.net.addresses(),
    ipvs ? ports.sysctls.read(Object.keys(SYSCTLS)) : {},
    ipvs ? ports.sync.daemons() : [],
    routing ? ports.net.routes() : [],
    routing ? ports.net.rules() : [],
  ]);
  return { services, addresses, sysctls, daemons, routes, rules };
}

/** Hands a plan to the kernel in its order, one batch per run of operations of a kind. What comes after a failed batch is
 *  not attempted: an address must not appear in front of services that are not there. */
export async function applyOps(ports: KernelPorts, ops: readonly Op[]): Promise<OpResult[]> {
  const results: OpResult[] = [];
  for (const batch of batches(ops)) {
    if (results.some((result) => result.failure)) {
      results.push(...batch.map((op) => notAttempted(op)));
      continue;
    }
    results.push(...(await applyBatch(ports, batch)));
  }
  return results;
}

function batches(ops: readonly Op[]): Op[][] {
  const runs: Op[][] = [];
  for (const op of ops) {
    const last = runs.at(-1);
    if (last?.[0] && port(last[0]) === port(op)) last.push(op);
    else runs.push([op]);
  }
  return runs;
}

const port = (op: Op): keyof KernelPorts =>
  isIpvsOp(op) ? 'ipvs' : isNetOp(op) ? 'net' : isDaemonOp(op) ? 'sync' : 'sysctls';

async function applyBatch(ports: KernelPorts, batch: readonly Op[]): Promise<OpResult[]> {
  const first = batch[0];
  if (first && isIpvsOp(first)) return ports.ipvs.apply(batch.filter(isIpvsOp));
  if (first && isNetOp(first)) return (await ports.net.apply(batch.filter(isNetOp))).map(forgiven);
  if (first && isDaemonOp(first)) return ports.sync.apply(batch.filter(isDaemonOp));
  return ports.sysctls.apply(batch.filter((op) => op.kind === 'set-sysctl'));
}

/** The kernel takes routes away with the address they name and the interface they leave by: what is gone already is what
 *  was wanted. */
const forgiven = (result: OpResult): OpResult =>
  result.failure?.code === 'route-missing' || result.failure?.code === 'rule-missing'
    ? { ...result, failure: null }
    : result;

const notAttempted = (op: Op): OpResult => ({
  op,
  failure: {
    code: 'not-attempted',
    errno: 0,
    operation: op.kind,
    text: 'an earlier operation of the same plan failed',
  },
});
