import { NOTHING_COUNTED } from '../../model/engine.ts';
import type { Reading } from '../status.ts';
import type { Parts } from './parts.ts';

/** A status is read from the store; a dump with counters older than this is renewed first. */
const FRESH_MS = 900;

let renewal: Promise<unknown> | null = null;

/** Renews the dump if it is old; many readers at once share one look at the kernel. */
export async function freshDump({ director, clock }: Parts): Promise<void> {
  const { dump, dumpAt } = director.store.get();
  if (clock.now() - dumpAt <= FRESH_MS && dump?.services[0]?.stats !== null) return;
  // A kernel that cannot be read is a problem that the status itself tells.
  renewal ??= director.reconciler
    .observe({ stats: true })
    .catch(() => {})
    .finally(() => {
      renewal = null;
    });
  await renewal;
}

export async function readingOf({ director, clock }: Parts): Promise<Reading> {
  return {
    now: clock.now(),
    wall: clock.wall(),
    counters: (await director.elections?.counters()) ?? NOTHING_COUNTED,
  };
}
