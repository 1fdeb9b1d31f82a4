import type { CallOptions } from '../api/client.ts';
import { failure } from '../base/errors.ts';
import { type CommandOption, JSON_OPTION, type Options } from './command.ts';
import { DAEMON_OPTIONS } from './daemon.ts';

/** What every command takes that changes what operators set on top of the file. */
export const CHANGE_OPTIONS: readonly CommandOption[] = [
  ...DAEMON_OPTIONS,
  JSON_OPTION,
  {
    flags: '--if-revision <number>',
    summary: 'only if nobody set anything since that revision, which `fairlead overrides` tells; exit code 7 otherwise',
  },
];

/** How a change is asked for: not at all when somebody else was faster. */
export function changeOf({ ifRevision }: Options): CallOptions {
  if (ifRevision === undefined) return {};
  if (typeof ifRevision === 'string' && /^\d{1,15}$/.test(ifRevision)) return { ifRevision: Number(ifRevision) };
  throw failure('usage', { detail: `--if-revision wants a number such as 7, got "${ifRevision}"` });
}
