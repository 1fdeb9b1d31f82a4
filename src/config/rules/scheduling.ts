import { nearest } from '../../base/nearest.ts';
import { SCHEDULERS, schedulerRow } from '../../model/schedulers.ts';
import { SCHEDULER_FLAGS } from '../../model/service.ts';
import { perService, type Rule } from './rule.ts';

/** sh keeps 2^CONFIG_IP_VS_SH_TAB_BITS buckets, 256 unless the kernel was built otherwise, and fills them in weight's
 *  order: what comes after the last one gets nothing (net/netfilter/ipvs/ip_vs_sh.c). */
const SH_BUCKETS = 256;
/** mh shifts weights to six bits (net/netfilter/ipvs/ip_vs_mh.c, ip_vs_mh_shift_weight). */
const MH_RATIO = 63;

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
  perService('sh-weights', function* ({ service, path, listeners, servers }) {
    if (service.scheduler !== 'sh') return;
    const sums = listeners.map(({ id }) =>
      servers.reduce((sum, { server, serves }) => sum + (serves(id) ? Math.max(1, server.weight) : 0), 0),
    );
    const most = Math.max(0, ...sums);
    if (most <= SH_BUCKETS) return;
    yield {
      path: [...path, 'scheduler'],
      message: `scheduler: the weights of "${service.name}" add up to ${most}, but sh has ${SH_BUCKETS} places: servers beyond them get no clients`,
      fix: 'use smaller weights in the same proportion, or scheduler: mh',
    };
  }),
  perService('mh-weights', function* ({ service, path, servers }) {
    if (service.scheduler !== 'mh') return;
    const weights = servers.map(({ server }) => server.weight).filter((weight) => weight > 0);
    const least = Math.min(...weights);
    const most = Math.max(...weights);
    if (weights.length === 0 || most <= least * MH_RATIO) return;
    yield {
      path: [...path, 'scheduler'],
      message: `scheduler: the weights of "${service.name}" range from ${least} to ${most}, but mh cannot tell more than ${MH_RATIO} to 1`,
      fix: `keep the largest weight at most ${MH_RATIO} times the smallest`,
    };
  }),
  perService('hash-refuses', function* ({ service, path, checks }, { known }) {
    const fallback: number | undefined = schedulerRow(service.scheduler)?.flags.fallback;
    if (fallback === undefined || service.onFailure !== 'quiesce' || checks.length === 0) return;
    if (service.flags.includes('fallback') || service.flags.includes('flag-1') || !known([...path, 'flags'])) return;
    yield {
      path: [...path, 'onFailure'],
      message: `onFailure: with ${service.scheduler} and no fallback flag the clients of a quiesced server are refused`,
      fix: 'add flags: [fallback], or write onFailure: remove',
    };
  }),
  perService('no-weight', function* ({ service, path, servers }, { complete }) {
    if (servers.length === 0 || !complete([...path, 'servers'])) return;
    if (servers.some(({ server, path: where }) => server.weight > 0 || !complete(where))) return;
    yield {
      path: [...path, 'servers'],
      message: `servers: all of "${service.name}" have weight 0, so new connections are refused`,
    };
  }),
];
