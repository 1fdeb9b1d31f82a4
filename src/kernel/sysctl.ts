import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { KernelError } from '../model/kernel-error.ts';
import type { KernelErrorCode, OpFailure, OpResult, SysctlOp } from '../model/op.ts';
import type { SysctlPort } from '../model/ports.ts';
import { invalid, operationOf } from './errors.ts';
import { openInNamespace } from './namespace.ts';

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

/** IPVS's settings of a network namespace (this process's own without `netns`), as files below `directory`. A name that
 *  does not exist is left out of what read() gives. */
export function openSysctls({ directory = '/proc/sys/net/ipv4/vs', netns = '' } = {}): SysctlPort {
  return {
    async read(names) {
      const values: Record<string, string> = {};
      for (const name of names) {
        const value = isName(name) ? await readOne(join(directory, name), netns) : undefined;
        if (value !== undefined) values[name] = value;
      }
      return values;
    },
    async apply(ops) {
      const results: OpResult[] = [];
      for (const op of ops) results.push({ op, failure: await write(directory, netns, op) });
      return results;
    },
  };
}

/** A name with anything else in it could leave the directory. */
const isName = (name: string): boolean => /^[a-z_0-9]+$/.test(name);

async function readOne(file: string, netns: string): Promise<string | undefined> {
  try {
    // At once: /proc does not block, and thirty files would cost a pass a hundred turns of a busy event loop.
    return (netns ? await readInside(file, netns) : readFileSync(file, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !isLost(error)) return undefined;
    throw new KernelError(refusal(error, `read ${file}`));
  }
}

/** No setting is longer than a page. */
async function readInside(path: string, netns: string): Promise<string> {
  const file = openInNamespace(netns, path);
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.toString('utf8', 0, await file.read(buffer));
  } finally {
    file.close();
  }
}

async function write(directory: string, netns: string, op: SysctlOp): Promise<OpFailure | null> {
  if (!isName(op.name)) return invalid(op, `"${op.name}" is not a setting's name`);
  const path = join(directory, op.name);
  try {
    if (netns) await writeInside(path, netns, `${op.value}\n`);
    else await writeFile(path, `${op.value}\n`, { flag: 'r+' });
    return null;
  } catch (error) {
    return refusal(error, operationOf(op));
  }
}

async function writeInside(path: string, netns: string, text: string): Promise<void> {
  const file = openInNamespace(netns, path, true);
  try {
    await file.write(text);
  } finally {
    file.close();
  }
}

/** The namespace itself, not a setting in it, could not be opened. */
const isLost = (error: unknown): boolean => error instanceof KernelError && error.text.includes('namespace');

function refusal(error: unknown, operation: string): OpFailure {
  const row = isLost(error) ? undefined : REFUSALS[codeOf(error)];
  if (row) return { ...row, operation };
  if (error instanceof KernelError) return { code: error.code, errno: error.errno, operation, text: error.text };
  const { errno = 0, message } = error as NodeJS.ErrnoException;
  return { code: 'kernel', errno: Math.abs(errno), operation, text: message };
}

/** `ENOENT` and the like, of an error of Node's or of the addon's. */
function codeOf(error: unknown): string {
  if (error instanceof KernelError) return error.errno === 0 ? '' : getSystemErrorName(-error.errno);
  return (error as NodeJS.ErrnoException).code ?? '';
}
