import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { release } from 'node:os';
import { openNet } from '../../kernel/net.ts';
import type { NetPort } from '../../model/ports.ts';
import type { Machine } from './check.ts';

const PATIENCE_MS = 5000;
const LONGEST = 64 * 1024 * 1024;
/** Administrators' programs are often not on a user's path. */
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/** This machine. */
export const thisMachine: Machine = {
  release: release(),
  uid: process.getuid?.() ?? 0,
  pid: process.pid,
  text: (path) => orAbsent(readFile(path, 'utf8')),
  names: async (path) => (await orAbsent(readdir(path))) ?? [],
  async stat(path) {
    const found = await orAbsent(stat(path));
    return found && { mode: found.mode & 0o7777, uid: found.uid };
  },
  output: (program, words) =>
    new Promise((resolve, reject) => {
      const options = { timeout: PATIENCE_MS, maxBuffer: LONGEST, env: { ...process.env, PATH, LC_ALL: 'C' } };
      execFile(program, words, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === 'ENOENT') resolve(undefined);
        else reject(new Error(`${program} failed: ${stderr.trim().split('\n')[0] || error.message}`));
      });
    }),
  answers: (path) =>
    new Promise((resolve) => {
      const socket = createConnection({ path });
      socket.setTimeout(PATIENCE_MS, () => socket.destroy());
      socket.once('connect', () => socket.end(() => resolve(true)));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    }),
  links: () => withNet((net) => net.links()),
  addresses: () => withNet((net) => net.addresses()),
};

async function withNet<T>(ask: (net: NetPort) => Promise<T>): Promise<T> {
  const net = openNet();
  try {
    return await ask(net);
  } finally {
    net.close();
  }
}

async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: a process that ended between listing and reading.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH') return undefined;
    throw error;
  }
}
