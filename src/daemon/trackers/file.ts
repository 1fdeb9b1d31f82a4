import { constants, type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackerState } from '../../model/instance.ts';
import { type Kind, type KindParts, unknown } from './kind.ts';

/** A number is shorter than this; what is longer is none. */
const LONGEST = 64;
const EMPTY = 'it is empty';
const REWRITE_MS = 100;

/** The whole number in a file. Told when the file changes, and looked at every so often for file systems that do not tell. */
export const trackFiles = ({ log }: KindParts): Kind<'file'> => ({
  watch({ file, everyMs }, tell) {
    let stopped = false;
    let watcher: FSWatcher | undefined;
    let timer: NodeJS.Timeout | undefined;
    let known = true;
    /** Looks one after the other; a change during one is looked at after it. */
    let looking = false;
    let again = false;
    const look = async (): Promise<void> => {
      if (looking) {
        again = true;
        return;
      }
      looking = true;
      do {
        again = false;
        const state = await readSettled(file);
        if (stopped) return;
        const isKnown = state.state !== 'unknown';
        if (known && !isKnown) log.warn('file-unread', { text: `file ${file}: ${state.why}; it counts as 0` });
        known = isKnown;
        tell(state);
      } while (again);
      looking = false;
      clearTimeout(timer);
      timer = setTimeout(() => {
        listen();
        void look();
      }, everyMs);
    };
    // The folder is watched: the file may be missing, and whoever writes it may rename another one over it.
    const listen = (): void => {
      if (watcher) return;
      try {
        watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
          if (name === null || name === basename(file)) void look();
        });
        watcher.on('error', unlisten);
      } catch {
        // No folder, or no inotify watches left: there is still the looking every so often.
      }
    };
    const unlisten = (): void => {
      watcher?.close();
      watcher = undefined;
    };
    listen();
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
      unlisten();
    };
  },
});

/** Whoever writes a file anew makes it empty first: an empty one is read once more a little later. */
async function readSettled(file: string): Promise<TrackerState> {
  const state = await readNumber(file);
  if (state.why !== EMPTY) return state;
  await sleep(REWRITE_MS);
  return readNumber(file);
}

async function readNumber(file: string): Promise<TrackerState> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0);
      const text = buffer.toString('utf8', 0, bytesRead).trim();
      if (text === '') return unknown(EMPTY);
      if (bytesRead > LONGEST || !/^[+-]?\d{1,15}$/.test(text)) return unknown('it holds no whole number');
      return { state: 'up', value: Number(text), why: `it says ${Number(text)}` };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return unknown(code === 'ENOENT' ? 'it does not exist' : `it cannot be read: ${code}`);
  }
}
