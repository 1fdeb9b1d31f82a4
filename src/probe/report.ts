import type { ReportedAdmin, ReportedWeight } from '../model/health.ts';

/** What an agent, or a file, says of a server. */
export interface Report {
  /** Null: nothing was said about up or down. */
  readonly up: boolean | null;
  readonly weight?: ReportedWeight;
  readonly admin?: ReportedAdmin;
  /** Words that mean nothing here. */
  readonly unknown: readonly string[];
}

const UP: ReadonlySet<string> = new Set(['up', 'ready']);
const DOWN: ReadonlySet<string> = new Set(['down', 'failed', 'fail', 'stopped']);
const ADMIN: Readonly<Record<string, ReportedAdmin>> = { ready: 'ready', drain: 'drain', maint: 'maint' };
const MAX_PERCENT = 25_600;

/** Reads a line of HAProxy's agent-check (configuration manual, "agent-check"): words separated by spaces, tabs or commas;
 *  what follows `#` is a remark. Of several words about one thing the last counts. `maxconn:` is heard and has no use here. */
export function readReport(line: string): Report {
  let up: boolean | null = null;
  let weight: ReportedWeight | undefined;
  let admin: ReportedAdmin | undefined;
  const unknown: string[] = [];
  for (const word of line
    .replace(/#.*$/s, '')
    .split(/[\s,]+/)
    .filter(Boolean)) {
    const low = word.toLowerCase();
    const percent = /^(\d{1,5})%$/.exec(low)?.[1];
    if (percent !== undefined) weight = { percent: Math.min(MAX_PERCENT, Number(percent)) };
    else if (low in ADMIN || UP.has(low) || DOWN.has(low)) {
      admin = ADMIN[low] ?? admin;
      if (UP.has(low) || DOWN.has(low)) up = UP.has(low);
    } else if (!low.startsWith('maxconn:')) unknown.push(word.slice(0, 40));
  }
  return { up, unknown, ...(weight && { weight }), ...(admin && { admin }) };
}

/** What of a report goes into a finding. */
export const reported = ({ weight, admin }: Report) => ({ ...(weight && { weight }), ...(admin && { admin }) });
