import { readSync, writeSync } from 'node:fs';
import type { IpvsadmIo } from './main.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const CHUNK = 65536;
/** How long to wait for a pipe that has no room or no data yet. */
const PAUSE_MS = 5;

/** The process's own streams, by plain system calls: process.stdout takes milliseconds to load. */
export const processIo: IpvsadmIo = {
  out: (text, encoding) => write(STDOUT, Buffer.from(text, encoding)),
  err: (text) => write(STDERR, Buffer.from(text)),
  stdin: async () => readAll(),
};

function write(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const written = unlessBusy(() => writeSync(fd, bytes, at));
    // A reader that closed the pipe (`| head`) wants no more.
    if (written === 'closed') process.exit(0);
    at += written;
  }
}

function readAll(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const size = unlessBusy(() => readSync(STDIN, chunk));
    if (size === 0 || size === 'closed') return Buffer.concat(chunks).toString();
    chunks.push(chunk.subarray(0, size));
  }
}

function unlessBusy(call: () => number): number | 'closed' {
  for (;;) {
    try {
      return call();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EOF') return 'closed';
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
