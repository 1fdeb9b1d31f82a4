import type { CheckSettings } from '../model/desired.ts';
import { membersOf } from './combine.ts';

/** Sockets for checks at once: many times what a second's worth of slow targets needs, but not what the rest of the process
 *  lives on. */
const MOST_SOCKETS = 16_384;
const LEFT_TO_OTHERS = 512;
/** Of these, for targets that were slow last time. */
const SLOW_SHARE = 5 / 8;
/** Enough for the most that is ever used. */
export const ENOUGH_FILES = 65_536;

export interface Room {
  readonly most: number;
  /** Of these, for targets that were slow last time. */
  readonly mostSlow: number;
}

/** How many checks may hold a socket in a process that may open so many files. */
export function roomFor(files: number): Room {
  const most = Math.max(64, Math.min(MOST_SOCKETS, files - LEFT_TO_OTHERS));
  return { most, mostSlow: Math.ceil(most * SLOW_SHARE) };
}

/** The limit in a text such as that of /proc/self/limits; undefined when it tells none. */
export function filesIn(limits: string): number | undefined {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return found === undefined ? undefined : found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found);
}

/** How many sockets checks hold on average when none of them is answered. */
export function socketsAtOnce(checks: Iterable<{ readonly settings: CheckSettings }>): number {
  let sum = 0;
  for (const { settings } of checks) {
    const { everyMs, timeoutMs, pace, check } = settings;
    const interval = Math.min(everyMs, pace?.downMs ?? everyMs, pace?.betweenMs ?? everyMs);
    const kinds = membersOf(check)?.of.map((member) => member.check.kind) ?? [check.kind];
    sum += kinds.filter((kind) => !SHARE_SOCKETS.has(kind)).length * Math.min(1, timeoutMs / interval);
  }
  return Math.ceil(sum);
}

const SHARE_SOCKETS: ReadonlySet<string> = new Set(['ping', 'syn', 'file']);

/** What is wrong with a limit of open files for these checks; undefined: nothing that another limit would mend. */
export function tooFewFiles(files: number, atOnce: number): string | undefined {
  const { mostSlow } = roomFor(files);
  if (atOnce <= mostSlow || mostSlow >= roomFor(ENOUGH_FILES).mostSlow) return undefined;
  return `up to ${atOnce} checks wait at once when nobody answers, and with ${files} open files there is room for ${mostSlow}: further ones come late`;
}

/** What to do about it. */
export const MORE_FILES = `set LimitNOFILE=${ENOUGH_FILES} in the service's unit, or \`ulimit -Hn ${ENOUGH_FILES}\` before it starts`;
