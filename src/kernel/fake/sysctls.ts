import { releaseAtLeast } from '../../base/release.ts';
import type { KernelErrorCode, OpResult, SysctlOp } from '../../model/op.ts';
import type { SysctlPort } from '../../model/ports.ts';
import { isSysctlValue, SYSCTLS, type SysctlName, sysctlRow } from '../../model/sysctls.ts';
import type { FakeControl } from './control.ts';

/** What a fresh network namespace of Linux 6.1 has. The queue's length depends on memory. */
const KERNEL = '6.1';
const FRESH: ReadonlyMap<string, string> = new Map(
  Object.entries(SYSCTLS)
    .filter(([name, row]) => name !== 'debug_level' && releaseAtLeast(KERNEL, row.since))
    .map(([name, row]) => [name, row.initial ?? '16384']),
);

/** Those the kernel checks; the others take any number. */
const CHECKED: ReadonlySet<string> = new Set<SysctlName>([
  ...(['drop_entry', 'drop_packet', 'secure_tcp', 'sync_ports', 'sync_retries', 'sync_threshold'] as const),
  'sync_version',
]);

export class FakeSysctls implements SysctlPort {
  /** What the kernel has; a test may delete names that older kernels lack. */
  readonly values = new Map<string, string>(FRESH);
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
    const row = sysctlRow(name);
    if (!row || (row.shape !== 'cpus' && !/^-?\d+(\s+-?\d+)?$/.test(value))) return 'invalid';
    if (CHECKED.has(name) && !isSysctlValue(row, value)) return 'invalid';
    this.values.set(name, value.replace(/\s+/g, '\t'));
    return null;
  }
}
