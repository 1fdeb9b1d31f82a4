import { closeSync, write as fsWrite, read } from 'node:fs';
import { promisify } from 'node:util';
import { addon } from './addon.ts';

/** A network namespace: its name below /run/netns, a path, or the id of a process in it. */
export type Namespace = string | number;

/** The path the addon takes; '' is this process's own namespace. */
export function namespacePath(namespace: Namespace | undefined): string {
  if (namespace === undefined) return '';
  if (typeof namespace === 'number') return `/proc/${namespace}/ns/net`;
  return namespace.includes('/') ? namespace : `/run/netns/${namespace}`;
}

/** An open file below /proc as one namespace sees it. */
export interface NamespaceFile {
  /** The next bytes into the buffer; 0 at the end. Runs on a thread of the pool. */
  read(buffer: Uint8Array): Promise<number>;
  write(text: string): Promise<void>;
  close(): void;
}

const readInto = promisify(read);
const writeText = promisify<number, string, number | null, void>((fd, text, _at, done) =>
  fsWrite(fd, text, (error) => done(error)),
);

/** Opens a file that differs between namespaces (/proc/sys/net, /proc/thread-self/net): the kernel looks at the thread that
 *  opens, so C++ does it on a thread inside. Throws a KernelError. */
export function openInNamespace(netns: string, path: string, writable = false): NamespaceFile {
  const fd = addon().openFile(netns, path, writable);
  return {
    read: async (buffer) => (await readInto(fd, buffer, 0, buffer.length, null)).bytesRead,
    write: (text) => writeText(fd, text, null),
    close: () => closeSync(fd),
  };
}
