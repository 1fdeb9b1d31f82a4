import { KernelError } from '../../model/kernel-error.ts';
import type { KernelErrorCode, Op, OpFailure, OpResult } from '../../model/op.ts';
import { operationOf } from '../errors.ts';

/** errno and words of each refusal, as Linux gives them. */
const REFUSALS: Readonly<Record<KernelErrorCode, readonly [number, string]>> = {
  'not-permitted': [1, 'Operation not permitted'],
  'ipvs-missing': [2, 'the kernel has no IPVS'],
  'family-reloaded': [0, 'IPVS was unloaded and loaded again meanwhile'],
  'scheduler-missing': [2, 'the kernel has no such scheduler and no module of it'],
  'engine-missing': [2, 'the kernel has no such persistence engine and no module of it'],
  'service-exists': [17, 'the kernel has that virtual service already'],
  'service-missing': [3, 'the kernel has no such virtual service'],
  'destination-exists': [17, 'the service has that destination already'],
  'destination-missing': [2, 'the service has no such destination'],
  'mixed-families': [22, 'a server of another family than its service can only be reached through a tunnel'],
  'daemon-running': [17, 'a sync daemon of that kind runs already'],
  'daemon-not-running': [3, 'no sync daemon of that kind runs'],
  'address-exists': [17, 'File exists'],
  'address-missing': [99, 'Cannot assign requested address'],
  'route-exists': [17, 'File exists'],
  'route-missing': [3, 'No such process'],
  'rule-exists': [17, 'File exists'],
  'rule-missing': [2, 'No such file or directory'],
  'link-missing': [19, 'No such device'],
  'out-of-range': [34, 'Numerical result out of range'],
  invalid: [22, 'Invalid argument'],
  timeout: [0, 'the kernel did not answer in time'],
  'not-attempted': [0, 'not attempted'],
  unsettled: [0, 'the table changed while it was read'],
  kernel: [5, 'Input/output error'],
};

export type Call =
  | 'ipvs.info'
  | 'ipvs.dump'
  | 'ipvs.apply'
  | 'ipvs.connections'
  | 'net.addresses'
  | 'net.links'
  | 'net.routes'
  | 'net.rules'
  | 'net.apply'
  | 'sysctls.read'
  | 'sysctls.apply'
  | 'sync.daemons'
  | 'sync.apply';

/** What a test sees and steers: every call and operation, and failures to come. Shared by the ports of one kernel. */
export class FakeControl {
  /** How often each call was made, refused ones included. */
  readonly calls = new Map<Call, number>();
  /** Every operation that was carried out, in order. */
  readonly log: Op[] = [];
  readonly #failingOps: KernelErrorCode[] = [];
  readonly #failingCalls: KernelErrorCode[] = [];

  /** The next operation is refused with this code and changes nothing; called twice, the next two are. */
  failNext(code: KernelErrorCode): void {
    this.#failingOps.push(code);
  }

  /** The next whole call rejects. */
  failNextCall(code: KernelErrorCode): void {
    this.#failingCalls.push(code);
  }

  call(name: Call): void {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    const code = this.#failingCalls.shift();
    if (code) throw new KernelError(refusal(code, name));
  }

  /** Carries one operation out; `act` returns the code of its refusal, having changed nothing, or null. */
  run<O extends Op>(op: O, act: (op: O) => KernelErrorCode | null): OpResult {
    const code = this.#failingOps.shift() ?? act(op);
    if (code === null) this.log.push(op);
    return { op, failure: code === null ? null : refusal(code, operationOf(op)) };
  }
}

function refusal(code: KernelErrorCode, operation: string): OpFailure {
  const [errno, text] = REFUSALS[code];
  return { code, errno, operation, text };
}
