import type { Snapshot, DirectorEvent as StoredEvent } from '../../daemon/store.ts';
import { serverKey } from '../../model/health.ts';
import type { Change, DirectorEvent } from '../operations.ts';
import type { eventRoutes } from '../routes/events.ts';
import type { Asked } from '../routes/index.ts';
import { pageOf } from './page.ts';
import type { HandlersOf, Parts } from './parts.ts';

type Query = Asked<'listEvents'>['query'];

export const eventOf = ({ at, ...rest }: StoredEvent): DirectorEvent => ({ ...rest, atMs: at });

/** Whether an event is what was asked for. */
export function eventFilter({ kind, match }: Pick<Query, 'kind' | 'match'>): (event: StoredEvent) => boolean {
  const kinds = kind === undefined ? null : new Set(kind.split(','));
  return (event) => (kinds === null || kinds.has(event.kind)) && (match === undefined || event.text.includes(match));
}

export function eventHandlers({ director }: Parts): HandlersOf<typeof eventRoutes> {
  return {
    listEvents: async ({ query }) => {
      const all = director.store.events(query.after);
      const wanted = all.filter(eventFilter(query)).slice(-query.limit);
      return { events: wanted.map(eventOf), lastId: all.at(-1)?.id ?? query.after };
    },
    listHistory: async ({ query }) => {
      const changes = changesOf(director.store.get())
        .filter(({ kind, service, name, atMs }) => {
          if (atMs <= query.afterMs) return false;
          if (kind === 'instance') return is(query.instance, name) && none(query.service, query.server);
          return is(query.service, service) && is(query.server, name) && none(query.instance);
        })
        .sort((a, b) => b.atMs - a.atMs);
      const { items, next } = pageOf(
        changes,
        (each) => JSON.stringify([each.atMs, each.service, each.name, each.state]),
        query,
      );
      return { changes: items, next };
    },
  };
}

const is = (wanted: string | undefined, value: string | null): boolean => wanted === undefined || wanted === value;
const none = (...wanted: readonly (string | undefined)[]): boolean => wanted.every((each) => each === undefined);

function changesOf({ desired, transitions, roleChanges }: Snapshot): Change[] {
  const servers = desired.services.flatMap(({ name: service, servers: all }) =>
    all.flatMap(({ name }) =>
      (transitions.get(serverKey(service, name)) ?? []).map(
        ({ at, status, why }): Change => ({ kind: 'server', service, name, atMs: at, state: status, why }),
      ),
    ),
  );
  const instances = desired.instances.flatMap(({ name }) =>
    (roleChanges.get(name) ?? []).map(
      ({ at, status, why }): Change => ({ kind: 'instance', service: null, name, atMs: at, state: status, why }),
    ),
  );
  return [...servers, ...instances];
}
