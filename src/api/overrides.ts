import type { Snapshot } from '../daemon/store.ts';
import { orphansOf } from '../decide/overrides.ts';
import type { Override } from './operations.ts';

/** What operators set, oldest first. */
export function overridesOf({ overrides, desired }: Snapshot): Override[] {
  const orphans = new Set(orphansOf(overrides, desired));
  return [...overrides.rows].map(([id, row]) => ({ id, ...row, orphan: orphans.has(row) }));
}
