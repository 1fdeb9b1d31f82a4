import { readFileSync } from 'node:fs';
import { type FairleadError, failure } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ConfigIssue } from '../config/issue.ts';
import type { Config } from '../config/schema.ts';
import { readConfig } from '../decide/advise.ts';

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
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return err({ error: failure('config-unreadable', { file, reason }, error), issues: [] });
  }
  const parsed = readConfig(text, file);
  if (parsed.ok) return ok(parsed.value);
  return err({ error: failure('config-invalid', { file, count: parsed.error.length }), issues: parsed.error });
}
