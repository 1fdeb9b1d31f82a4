import { readFileSync } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FairleadError, failure } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ConfigIssue } from '../config/issue.ts';
import type { Config } from '../config/schema.ts';
import { readConfig } from '../decide/advise.ts';
import { systemDisk } from './disk.ts';

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigIssue[];
}

export interface RefusedConfig {
  readonly error: FairleadError;
  /** Every mistake of the file; empty when it could not even be read. */
  readonly issues: readonly ConfigIssue[];
}

export function loadConfig(file: string): Result<LoadedConfig, RefusedConfig> {
  try {
    return takeConfig(readFileSync(file, 'utf8'), file);
  } catch (error) {
    return err({ error: unreadable(file, error), issues: [] });
  }
}

export function unreadable(file: string, error: unknown): FairleadError {
  const reason = error instanceof Error ? error.message : String(error);
  return failure('config-unreadable', { file, reason }, error);
}

const sources = new WeakMap<Config, string>();

/** The text that a configuration was read from: to find that a file is the same costs nothing, and to read it much. */
export const sourceOf = (config: Config): string | undefined => sources.get(config);
export const setSource = (config: Config, text: string): void => void sources.set(config, text);

/** As loadConfig, of a text that is no file yet; `file` is only quoted. */
export function takeConfig(text: string, file: string): Result<LoadedConfig, RefusedConfig> {
  const parsed = readConfig(text, file);
  if (parsed.ok) {
    const { config, warnings } = parsed.value;
    setSource(config, text);
    return ok({ config, warnings });
  }
  return err(refusedFor(file, parsed.error));
}

export const refusedFor = (file: string, issues: readonly ConfigIssue[]): RefusedConfig => ({
  error: failure('config-invalid', { file, count: issues.length }),
  issues,
});

/** Replaces a configuration file, durable when it resolves; owner and mode stay. Rejects with `config-unwritable`, and then the
 *  file is as it was. A link is not followed: whoever may change it would say which file is written. */
export async function replaceConfigFile(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.new`);
  try {
    const before = await lstat(file);
    if (!before.isFile()) throw new Error('it is a link or no file; start Fairlead with the path of the file itself');
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.chown(before.uid, before.gid);
      await handle.chmod(before.mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await systemDisk.syncFolder(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const reason = error instanceof Error ? error.message : String(error);
    throw failure('config-unwritable', { file, reason }, error);
  }
}
