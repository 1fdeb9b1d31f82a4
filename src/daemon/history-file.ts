import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { KEPT_GAPS, KEPT_SPANS, type Ledger } from '../availability/ledger.ts';
import { replaceFileNow } from './disk.ts';

const time = z.number().nonnegative();
const amount = z.number().nonnegative();
const schema = z.object({
  version: z.literal(1),
  seen: time,
  gaps: z.array(z.object({ start: time, end: time })).max(KEPT_GAPS),
  tracks: z.array(
    z.tuple([
      z.string(),
      z.object({
        first: time,
        spans: z
          .array(
            z.object({
              kind: z.enum(['down', 'planned', 'unobserved']),
              start: time,
              end: time.nullable(),
              cause: z.string(),
              detectedMs: amount.nullable(),
              by: z.string(),
            }),
          )
          .max(KEPT_SPANS),
        folded: z.array(
          z.object({ day: z.int(), down: amount, planned: amount, unobserved: amount, incidents: amount }),
        ),
      }),
    ]),
  ),
});

/** Null: there is none yet. A file that cannot be read or understood is set aside, and `onProblem` told. */
export function readHistory(path: string, onProblem: (text: string) => void): Ledger | null {
  try {
    if (!existsSync(path)) return null;
    const { seen, gaps, tracks } = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { seen, gaps, tracks: new Map(tracks) };
  } catch (error) {
    try {
      renameSync(path, `${path}.bad`);
    } catch {
      // Then it stays where it is; writing tells of the same trouble.
    }
    onProblem(`the history ${path} cannot be used and begins anew: ${String(error)}`);
    return null;
  }
}

/** Durable when it returns. */
export function writeHistory(path: string, { seen, gaps, tracks }: Ledger): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  replaceFileNow(path, JSON.stringify({ version: 1, seen, gaps, tracks: [...tracks] }));
}
