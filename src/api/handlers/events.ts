import type { DirectorEvent as StoredEvent } from '../../daemon/store.ts';
import type { DirectorEvent } from '../operations.ts';
import type { eventRoutes } from '../routes/events.ts';
import type { Asked } from '../routes/index.ts';
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
  };
}
