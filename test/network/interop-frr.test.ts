import { describe, test } from 'vitest';
import { fairlead, frr } from '../support/network/nodes/index.ts';
import { SIX, takeTurns, type Variant } from '../support/network/pair.ts';

/** FRR knows the virtual MAC only. */
const MATRIX: Readonly<Record<string, Variant>> = {
  'version 3': { virtualMac: true },
  'version 3, one peer waits for its turn': { virtualMac: true, preempt: false },
  'version 3 over IPv6': { virtualMac: true, addresses: SIX },
};

describe.concurrent.each(Object.entries(MATRIX))('%s', (_, variant) => {
  test('we are the better one, FRR the other', () => takeTurns(fairlead, frr, variant));
  test('FRR is the better one, we the other', () => takeTurns(frr, fairlead, variant));
});
