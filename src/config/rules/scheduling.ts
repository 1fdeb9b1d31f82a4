import { nearest } from '../../base/nearest.ts';
import { SCHEDULERS, schedulerRow } from '../../model/schedulers.ts';
import { SCHEDULER_FLAGS } from '../../model/service.ts';
import { perService, type Rule } from './rule.ts';

/** `mhh`, `maglev`, `round-robin` → the kernel's name. */
function schedulerGuess(word: string): string | undefined {
  const plain = word.toLowerCase().replace(/[-_]/g, ' ');
  const titled = Object.entries(SCHEDULERS).find(([, row]) => row.title.toLowerCase() === plain);
  const part = Object.entries(SCHEDULERS).find(
    ([, row]) => plain.length > 3 && row.title.toLowerCase().includes(plain),
  );
  return titled?.[0] ?? nearest(word, Object.keys(SCHEDULERS)) ?? part?.[0];
}

export const SCHEDULING_RULES: readonly Rule[] = [
  perService('unknown-scheduler', function* ({ service, path }) {
    if (schedulerRow(service.scheduler) !== undefined) return;
    const meant = schedulerGuess(service.scheduler);
    yield {
      path: [...path, 'scheduler'],
      message: `scheduler: there is no scheduler "${service.scheduler}"; there are: ${Object.keys(SCHEDULERS).join(', ')}`,
      fix: meant && `write ${meant}`,
    };
  }),
  perService('unknown-flag', function* ({ service, path }, { known }) {
    const row = schedulerRow(service.scheduler);
    if (row === undefined || !known([...path, 'scheduler'])) return;
    const own = Object.keys(row.flags);
    const flags = [...own, ...Object.keys(SCHEDULER_FLAGS)];
    for (const [index, flag] of service.flags.entries()) {
      if (flags.includes(flag)) continue;
      const meant = nearest(flag, own);
      const has = own.length > 0 ? `it has ${own.join(' and ')}` : 'it has none by name';
      yield {
        path: [...path, 'flags', index],
        message: `flags: scheduler ${service.scheduler} has no flag "${flag}"; ${has}`,
        fix: meant && `write ${meant}`,
      };
    }
  }),
  perService('no-weight', function* ({ service, path, servers }, { complete }) {
    // A fallback takes them all then.
    if (servers.length === 0 || service.fallback || !complete([...path, 'servers'])) return;
    if (servers.some(({ server, path: where }) => server.weight > 0 || !complete(where))) return;
    yield {
      path: [...path, 'servers'],
      message: `servers: all of "${service.name}" have weight 0, so new connections are refused`,
    };
  }),
];
