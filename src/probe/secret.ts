import { open } from 'node:fs/promises';
import { bad } from './kind.ts';

const LONGEST = 4096;

/** The first line of a file that nobody but its owner may read. Read for each probe, so that a new secret needs no reload.
 *  A file that cannot be used is our own trouble and says nothing about the server. */
export async function readSecret(file: string): Promise<string> {
  try {
    await using handle = await open(file, 'r');
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0)
      throw bad('connect', 'no-secret', `${file} may be read by others than its owner: chmod 600 ${file}`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    return buffer.subarray(0, bytesRead).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw bad('connect', 'no-secret', `the secret cannot be read: ${error.message}`);
    throw error;
  }
}

/** The password in a file; none without a file. */
export const readPassword = async (file: string | undefined): Promise<string> =>
  file === undefined ? '' : readSecret(file);
