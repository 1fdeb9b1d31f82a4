import { parseDuration } from '../base/duration.ts';
import { failure } from '../base/errors.ts';
import type { CommandOption, Options } from './command.ts';

/** What can be said of every override: why, and for how long. */
export const CIRCUMSTANCES: readonly CommandOption[] = [
  { flags: '--reason <text>', summary: 'why, for whoever looks later' },
  { flags: '--for <duration>', summary: 'ends by itself after this time, such as 30m' },
];

/** These options as a request has them. */
export function circumstances(options: Options, now: number): { readonly reason?: string; readonly untilMs?: number } {
  const { reason, for: time } = options;
  return {
    ...(typeof reason === 'string' && reason !== '' && { reason }),
    ...(typeof time === 'string' && { untilMs: now + durationOf('--for', time) }),
  };
}

/** Milliseconds of an option's value. */
export function durationOf(option: string, word: string): number {
  const parsed = parseDuration(word);
  if (parsed.ok && parsed.value > 0) return parsed.value;
  throw failure('usage', { detail: `${option} wants a duration such as 30m or 2h, got "${word}"` });
}
