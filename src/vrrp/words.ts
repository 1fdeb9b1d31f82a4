import type { HeardAdvert } from '../model/vrrp.ts';

/** `62 ms`, `3.2 s`: for people, not exact. */
export const span = (ms: number): string =>
  ms < 1000 ? `${Number(ms.toFixed(ms < 100 ? 1 : 0))} ms` : `${(ms / 1000).toFixed(1)} s`;

export const WORDS = {
  compared: ({ source, priority }: HeardAdvert, ours: number): string =>
    `${source} advertises priority ${priority}, ours is ${ours}`,
  tie: ({ source, priority }: HeardAdvert, order: 'higher' | 'lower' | 'same'): string =>
    `${source} advertises our priority ${priority} and has the ${order} address`,
  leaves: (source: string): string => `${source} leaves (priority 0)`,
  silence: (ms: number): string => `nobody was heard for ${span(ms)}`,
  tookOver: (why: string, source: string): string => `${why}: ${source} took over`,
  nobody: (why: string, ms: number): string => `${why}: nobody took over within ${span(ms)}`,
  handsOver: (why: string, ms: number): string => `${why}: hands over, waits ${span(ms)} for a successor`,
  healed: (faults: readonly string[]): string => `no fault any more (was: ${faults.join(', ')})`,
} as const;

const ORDERS = { '-1': 'lower', '0': 'same', '1': 'higher' } as const;

/** How an advert compares with us, in words. */
export const standingOf = (advert: HeardAdvert, ours: number): string =>
  advert.priority === ours ? WORDS.tie(advert, ORDERS[`${advert.order}`]) : WORDS.compared(advert, ours);
