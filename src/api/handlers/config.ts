import type { configRoutes } from '../routes/config.ts';
import type { HandlersOf, Parts } from './parts.ts';

export function configHandlers({ director }: Parts): HandlersOf<typeof configRoutes> {
  return {
    reloadConfig: async () => {
      const accepted = await director.reload();
      const { refusedReload, revision, reloadNotes } = director.store.get();
      return {
        accepted,
        text: refusedReload ?? `revision ${revision}`,
        notes: accepted ? [...reloadNotes] : [],
      };
    },
  };
}
