import type { Case } from './case.ts';
import type { Difference } from './compare.ts';

/** Where we differ from ipvsadm because it is wrong or lacks something. Each such command line is run again with
 *  --strict-compat, and then nothing may differ. */
export interface Documented {
  readonly what: string;
  readonly reason: string;
  applies(one: Case, difference: Difference): boolean;
}

/** Gives ipvsadm's behaviour back. */
export const STRICT = '--strict-compat';

const lists = ({ words }: Case): boolean => /^(-[Ll]|--list)/.test(words[0] ?? '');
const saves = ({ words, program }: Case): boolean => /^(-S|--save)/.test(words[0] ?? '') || program === 'ipvsadm-save';
const restores = ({ words, program }: Case): boolean =>
  /^(-R|--restore)/.test(words[0] ?? '') || program === 'ipvsadm-restore';

export const DOCUMENTED: readonly Documented[] = [
  {
    what: 'a restore with a line that is wrong',
    reason:
      'ipvsadm stops at it and leaves a table that is half the old and half the new. We read every line first, report ' +
      'each wrong one with its number, and then change nothing. Comments may stand anywhere.',
    applies: (one, difference) => restores(one) && 'stderr' in difference,
  },
  {
    what: 'the order of addresses and marks that are 2^31 or more apart, and marks from 2^31 on',
    reason:
      'ipvsadm compares by a subtraction that overflows, and prints such a mark as a negative number, which it refuses ' +
      'to read back. We sort by value and print the mark.',
    applies: (one, difference) => one.table === 'far' && (lists(one) || saves(one)) && only(difference, 'stdout'),
  },
  {
    what: 'one destination of a service in a listing',
    reason: 'ipvsadm refuses -r there. We list that destination alone.',
    applies: (one) => lists(one) && one.words.some((word) => /^(-r|--real-server)/.test(word)),
  },
];

const only = (difference: Difference, what: string): boolean => Object.keys(difference).join() === what;
