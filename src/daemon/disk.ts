import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whole, or in pieces that are made while it is written. */
export type Content = string | AsyncIterable<string>;

/** The file system, as far as files need it that must not be lost. Tests hand in one that fails, or crashes half-way. */
export interface Disk {
  /** Null: there is no such file. */
  read(path: string): string | null;
  /** Gives a file another name. */
  setAside(path: string, as: string): void;
  /** Its lines; null: there is no such file. */
  lines(path: string): Promise<AsyncIterable<string> | null>;
  /** Makes a file anew, and its folder where that is missing. The content is on disk when it resolves. */
  write(path: string, text: Content): Promise<void>;
  /** Goes on with a file that is there. The content is on disk when it resolves. */
  append(path: string, text: Content): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** The names in a folder are on disk when it resolves. */
  syncFolder(path: string): Promise<void>;
}

/** Puts a new content in the place of an old one: whatever happens meanwhile, afterwards it is the one or the other. Durable
 *  when it resolves. */
export async function replaceFile(disk: Disk, path: string, text: Content): Promise<void> {
  const temporary = `${path}.new`;
  await disk.write(temporary, text);
  await disk.rename(temporary, path);
  await disk.syncFolder(dirname(path));
}

/** The same at once, for who cannot wait: the old content or the new one, which nobody else can read at any time. */
export function replaceFileNow(path: string, text: string): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

async function putDown(path: string, flags: 'w' | 'a', text: Content): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await writeFile(file, text);
    await file.sync();
  } finally {
    await file.close();
  }
}

export const systemDisk: Disk = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  setAside: renameSync,
  async lines(path) {
    try {
      return (await open(path, 'r')).readLines();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  async write(path, text) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await putDown(path, 'w', text);
  },
  append: (path, text) => putDown(path, 'a', text),
  rename,
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
