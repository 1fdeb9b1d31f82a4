import type { Case } from './case.ts';
import type { Difference } from './compare.ts';

/** Where we differ from ipvsadm because it is wrong. Each such command line is run again with --strict-compat, and then
 *  nothing may differ. */
export interface Documented {
  readonly what: string;
  readonly reason: string;
  applies(one: Case, difference: Difference): boolean;
}

export const DOCUMENTED: readonly Documented[] = [];

/** Gives its behaviour back. */
export const STRICT = '--strict-compat';
