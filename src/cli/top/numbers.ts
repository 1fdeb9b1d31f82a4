import type { MeteredRates } from '../../library/meter.ts';
import type { Look } from './state.ts';

/** Rates as people read them. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** `0`, `3.4`, `120`, `5.6k`, `78M`: three or four characters. */
export function short(value: number): string {
  let step = 0;
  let rest = value;
  for (; rest >= 999.5 && step < PREFIXES.length - 1; step++) rest /= 1000;
  const digits = rest < 9.95 && (step > 0 || rest >= 0.05) ? 1 : 0;
  return `${rest.toFixed(digits)}${PREFIXES[step]}`;
}

/** Null while nothing is measured. */
export interface Rates {
  readonly connections: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Several rates as one. Null when none of them is known. */
export function sumOf(keys: readonly string[], rates: Look['rates']): Rates | null {
  const known = keys.map((key) => rates.get(key)).filter((each): each is MeteredRates => each != null);
  if (known.length === 0) return null;
  const sum = (kind: keyof Rates): number => known.reduce((total, each) => total + each[kind], 0);
  return { connections: sum('connections'), inBytes: sum('inBytes'), outBytes: sum('outBytes') };
}

export const rateText = (rate: number | undefined): string => (rate === undefined ? '-' : short(rate));
/** What is not measured sorts below everything. */
export const rateValue = (rate: number | undefined): number => rate ?? -1;
