import type { Override } from '../operations.ts';
import { overridesOf } from '../overrides.ts';
import { noSuch } from '../problem.ts';
import type { Asked } from '../routes/index.ts';
import type { overrideRoutes } from '../routes/overrides.ts';
import { pageOf } from './page.ts';
import { type Caller, type HandlersOf, type Parts, Revised } from './parts.ts';
import { change, settingHandlers } from './settings.ts';

type Which = Asked<'clearOverrides'>['query'];

export function overrideHandlers(parts: Parts): HandlersOf<typeof overrideRoutes> {
  const { director } = parts;
  const all = (): Override[] => overridesOf(director.store.get());
  const one = (id: string): Override => {
    const found = all().find((row) => row.id === id);
    if (found) return found;
    throw noSuch(
      'override',
      id,
      all().map((row) => row.id),
    );
  };
  const revised = <T>(body: T): Revised<T> => new Revised(body, director.store.get().overrides.revision);
  const clear = async (rows: readonly Override[], caller: Caller) => {
    const edits = rows.map(({ id }) => ({ clear: id }));
    const revision = await change(parts, edits, caller);
    return new Revised({ revision, cleared: rows }, revision);
  };
  return {
    ...settingHandlers(parts),
    listOverrides: async ({ query }) => {
      const { items, next } = pageOf(all().filter(matching(query)), ({ id }) => id, query);
      return revised({ revision: director.store.get().overrides.revision, overrides: items, next });
    },
    getOverride: async ({ params }) => revised(one(params.override)),
    clearOverrides: ({ query }, caller) => clear(all().filter(matching(query)), caller),
    clearOverride: ({ params }, caller) => clear([one(params.override)], caller),
  };
}

const matching =
  ({ kind, target, orphan }: Which) =>
  (row: Override): boolean =>
    (kind === undefined || row.kind === kind) &&
    (target === undefined || row.target === target) &&
    (orphan === undefined || row.orphan === orphan);
