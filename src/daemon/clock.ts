import type { Clock } from '../base/clock.ts';

export const systemClock: Clock = { now: () => performance.now(), wall: () => Date.now() };
