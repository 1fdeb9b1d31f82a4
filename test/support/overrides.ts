import type { Director } from '../../src/daemon/lifecycle.ts';
import {
  DIRECTOR,
  type Override,
  type OverrideKind,
  type Overrides,
  type OverrideTarget,
  overrideId,
  type Setting,
} from '../../src/model/override.ts';

export interface Wish {
  readonly target: OverrideTarget;
  readonly kind: OverrideKind;
  readonly value: Setting['value'];
}

/** Overrides as an operator called `test` set them at time 0. */
export function overridden(...settings: readonly Wish[]): Overrides {
  const rows = settings.map(
    (setting) => ({ ...setting, by: 'test', sinceMs: 0, reason: null, untilMs: null }) as Override,
  );
  return { revision: rows.length, rows: new Map(rows.map((row) => [overrideId(row), row])) };
}

/** Servers drained, by serverKey. */
export const drained = (...keys: readonly string[]): Overrides =>
  overridden(...keys.map((key) => ({ target: `server/${key}`, kind: 'drain' as const, value: null })));

/** Drains a server, by its serverKey, or lets it serve again. */
export async function setDrained(director: Director, key: string, on: boolean): Promise<void> {
  const setting = { kind: 'drain', value: null, target: `server/${key}` } as const;
  await director.overrides.change([on ? { set: setting } : { clear: overrideId(setting) }], { by: 'test' });
}

/** The whole director into maintenance, or out of it. */
export async function setMaintenance(director: Director, on: boolean): Promise<void> {
  const setting = { kind: 'maintenance', value: null, target: DIRECTOR } as const;
  await director.overrides.change([on ? { set: setting } : { clear: overrideId(setting) }], { by: 'test' });
}
