import { describe, test } from 'vitest';
import { fairlead, keepalived } from '../support/network/nodes/index.ts';
import { SIX, takeTurns, type Variant } from '../support/network/pair.ts';

const MATRIX: Readonly<Record<string, Variant>> = {
  'version 2': { version: 2, advertiseMs: 1000 },
  'version 2 with a password': { version: 2, advertiseMs: 1000, password: 'fairlead' },
  'version 3': {},
  'version 2 without preemption': { version: 2, advertiseMs: 1000, preempt: false },
  'version 3 without preemption': { preempt: false },
  'version 3 over IPv6': { addresses: SIX },
  'version 3 to unicast peers': { unicast: true },
  'version 3 over IPv6 to unicast peers': { unicast: true, addresses: SIX },
  'version 3 with the virtual MAC': { virtualMac: true },
  'version 3 over IPv6 with the virtual MAC': { virtualMac: true, addresses: SIX },
};

/** Each row on a segment of its own, some at a time: most of it is waiting for timers. */
describe.concurrent.each(Object.entries(MATRIX))('%s', (_, variant) => {
  test('we are the better one, keepalived the other', () => takeTurns(fairlead, keepalived, variant));
  test('keepalived is the better one, we the other', () => takeTurns(keepalived, fairlead, variant));
});
