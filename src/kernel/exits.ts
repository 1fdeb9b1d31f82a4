import type { ExitsPort } from '../model/ports.ts';
import { addon } from './addon.ts';

/** Tells of processes that end. `onExit` may still be called for a pid right after its remove(). */
export function openExits(onExit: (pid: number) => void): ExitsPort {
  const native = new (addon().Exits)((pids) => {
    for (const pid of pids) onExit(pid);
  });
  return {
    add(pid) {
      try {
        return native.add(pid);
      } catch {
        // Out of descriptors: looking again now and then does as well.
        return 'unsupported';
      }
    },
    remove: (pid) => native.remove(pid),
    close: () => native.stop(),
  };
}
