import { KernelError } from '../model/kernel-error.ts';
import type { SysctlPort } from '../model/ports.ts';
import {
  isSysctlValue,
  readSysctl,
  SYSCTLS,
  type SysctlName,
  type SysctlValue,
  sysctlValues,
} from '../model/sysctls.ts';

/** Settings below /proc/sys/net/ipv4/vs of one network namespace, by the table SYSCTLS. */
export interface Sysctls {
  /** Undefined when this kernel has no such setting (the table names the first that has). */
  get<N extends SysctlName>(name: N): Promise<SysctlValue<N> | undefined>;
  /** Every setting this kernel has, as the kernel prints it. */
  all(): Promise<Partial<Record<SysctlName, string>>>;
  /** Rejects with a KernelError: `out-of-range` for what the setting does not take (then nothing was written), `invalid`
   *  where the kernel has no such setting, `not-permitted`. */
  set<N extends SysctlName>(name: N, value: SysctlValue<N>): Promise<void>;
}

export function typedSysctls(port: SysctlPort): Sysctls {
  return {
    async get(name) {
      const text = (await port.read([name]))[name];
      return text === undefined ? undefined : readSysctl(name, text);
    },
    all: () => port.read(Object.keys(SYSCTLS)),
    async set(name, value) {
      const text = Array.isArray(value) ? value.join(' ') : String(value);
      const row = SYSCTLS[name];
      const operation = `set-sysctl ${name} ${text}`;
      if (!isSysctlValue(row, text))
        throw new KernelError({ code: 'out-of-range', errno: 0, operation, text: `it takes ${sysctlValues(row)}` });
      const [result] = await port.apply([{ kind: 'set-sysctl', name, value: text, why: 'asked for' }]);
      if (!result?.failure) return;
      const missing = result.failure.code === 'invalid' && result.failure.errno === 2;
      const since = missing ? `; Linux ${row.since} and later can have it` : '';
      throw new KernelError({ ...result.failure, text: `${result.failure.text}${since}` });
    },
  };
}
