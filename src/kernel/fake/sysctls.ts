import type { KernelErrorCode, OpResult, SysctlOp } from '../../model/op.ts';
import type { SysctlPort } from '../../model/ports.ts';
import { SYSCTLS, type SysctlName } from '../../model/sysctls.ts';
import type { FakeControl } from './control.ts';

/** Values of a fresh Linux 6.1 network namespace; the rest are 0. */
const DEFAULTS: Partial<Record<SysctlName, string>> = {
  amemthresh: '1024',
  conn_reuse_mode: '1',
  pmtu_disc: '1',
  run_estimation: '1',
  snat_reroute: '1',
};

/** Those the kernel checks; the others take any number. */
const CHECKED: ReadonlySet<string> = new Set<SysctlName>(['drop_entry', 'drop_packet', 'secure_tcp']);

export class FakeSysctls implements SysctlPort {
  /** What the kernel has; a test may delete names that older kernels lack. */
  readonly values = new Map<string, string>(
    (Object.keys(SYSCTLS) as SysctlName[]).map((name) => [name, DEFAULTS[name] ?? '0']),
  );
  readonly #control: FakeControl;

  constructor(control: FakeControl) {
    this.#control = control;
  }

  async read(names: readonly string[]): Promise<Record<string, string>> {
    this.#control.call('sysctls.read');
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.values.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  async apply(ops: readonly SysctlOp[]): Promise<OpResult[]> {
    this.#control.call('sysctls.apply');
    return ops.map((op) => this.applyOne(op));
  }

  applyOne(op: SysctlOp): OpResult {
    return this.#control.run(op, (one) => this.#act(one));
  }

  #act({ name, value }: SysctlOp): KernelErrorCode | null {
    if (!this.values.has(name)) return 'kernel';
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || (CHECKED.has(name) && (number < 0 || number > 3))) return 'invalid';
    this.values.set(name, String(number));
    return null;
  }
}
