import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KernelError } from '../model/kernel-error.ts';
import type { KernelErrorCode, OpFailure, OpResult, SysctlOp } from '../model/op.ts';
import type { SysctlPort } from '../model/ports.ts';
import { invalid, operationOf } from './errors.ts';

const REFUSALS: Readonly<
  Record<string, { readonly code: KernelErrorCode; readonly errno: number; readonly text: string }>
> = {
  EACCES: { code: 'not-permitted', errno: 13, text: 'writing it needs CAP_NET_ADMIN' },
  EPERM: { code: 'not-permitted', errno: 1, text: 'writing it needs CAP_NET_ADMIN' },
  EROFS: { code: 'not-permitted', errno: 30, text: '/proc/sys is read-only here, as in most containers' },
  ENOENT: { code: 'invalid', errno: 2, text: 'this kernel has no such setting, or IPVS is not loaded' },
  EINVAL: { code: 'invalid', errno: 22, text: 'the kernel does not take that value' },
  ERANGE: { code: 'out-of-range', errno: 34, text: 'the value is out of the range the kernel allows' },
};

/** IPVS's settings of this process's network namespace, as files below `directory`. A name that does not exist is left out
 *  of what read() gives. */
export function openSysctls(directory = '/proc/sys/net/ipv4/vs'): SysctlPort {
  return {
    async read(names) {
      const values: Record<string, string> = {};
      for (const name of names) {
        const value = isName(name) ? await readOne(join(directory, name)) : undefined;
        if (value !== undefined) values[name] = value;
      }
      return values;
    },
    async apply(ops) {
      const results: OpResult[] = [];
      for (const op of ops) results.push({ op, failure: await write(directory, op) });
      return results;
    },
  };
}

/** A name with anything else in it could leave the directory. */
const isName = (name: string): boolean => /^[a-z_0-9]+$/.test(name);

async function readOne(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new KernelError(refusal(error, `read ${file}`));
  }
}

async function write(directory: string, op: SysctlOp): Promise<OpFailure | null> {
  if (!isName(op.name)) return invalid(op, `"${op.name}" is not a setting's name`);
  try {
    await writeFile(join(directory, op.name), `${op.value}\n`, { flag: 'r+' });
    return null;
  } catch (error) {
    return refusal(error, operationOf(op));
  }
}

function refusal(error: unknown, operation: string): OpFailure {
  const row = REFUSALS[codeOf(error)];
  if (row) return { ...row, operation };
  const { errno = 0, message } = error as NodeJS.ErrnoException;
  return { code: 'kernel', errno: Math.abs(errno), operation, text: message };
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
