import { err, ok, type Result } from './result.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Reads `100ms`, `1.5s`, `2m`, `1h`, `7d` into whole milliseconds. A number without a unit is refused: it is how a
 *  factor of 1000 slips in. */
export function parseDuration(text: string): Result<number, string> {
  const match = FORM.exec(text.trim());
  if (!match) return err(`expected a duration with its unit such as 500ms, 2s or 5m, got "${text}"`);
  return ok(Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]));
}

/** The shortest exact form: 1500 → `1.5s`, 60000 → `1m`, 250 → `250ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (ms >= UNITS[unit] && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(3))}s` : `${Number(ms.toFixed(3))}ms`;
}
