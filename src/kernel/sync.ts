import { KernelError } from '../model/kernel-error.ts';
import type { DaemonOp, OpResult } from '../model/op.ts';
import type { SyncPort } from '../model/ports.ts';
import { operationOf } from './errors.ts';
import type { Ipvs } from './ipvs.ts';

/** The sync daemons of the kernel that `ipvs` speaks to. */
export function syncPort(ipvs: Pick<Ipvs, 'daemons' | 'startDaemon' | 'stopDaemon'>): SyncPort {
  const act = (op: DaemonOp): Promise<void> =>
    op.kind === 'start-daemon' ? ipvs.startDaemon(op.daemon) : ipvs.stopDaemon(op.role);
  return {
    daemons: () => ipvs.daemons(),
    async apply(ops) {
      const results: OpResult[] = [];
      for (const op of ops) results.push(await resultOf(op, act(op)));
      return results;
    },
  };
}

async function resultOf(op: DaemonOp, done: Promise<void>): Promise<OpResult> {
  try {
    await done;
    return { op, failure: null };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { code, errno, text } = error;
    return { op, failure: { code, errno, operation: operationOf(op), text } };
  }
}
