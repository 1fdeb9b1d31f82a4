import type { PacketVerdict, VrrpState } from '../../model/vrrp.ts';
import { type Family, families } from '../family.ts';
import type { Instance } from '../subjects.ts';
import { DAEMON } from '../subjects.ts';

/** keepalived's numbers of states, and its words for them. */
export const STATES: Readonly<Record<VrrpState, { readonly number: number; readonly word: string }>> = {
  init: { number: 0, word: 'INIT' },
  backup: { number: 1, word: 'BACKUP' },
  master: { number: 2, word: 'MASTER' },
  fault: { number: 3, word: 'FAULT' },
};

export const stateOf = ({ figures }: Instance) => STATES[figures?.state ?? 'init'];

const refused =
  (...verdicts: readonly PacketVerdict[]) =>
  ({ counters }: Instance): number =>
    verdicts.reduce((sum, verdict) => sum + (counters?.received[verdict] ?? 0), 0);

/** keepalived's counters of an instance: what both exporters tell, each by a name of its own. */
export const COUNTERS = {
  advertsReceived: refused('accepted'),
  advertsSent: ({ counters }: Instance): number => counters?.sent ?? 0,
  becameMaster: ({ figures }: Instance): number => figures?.counts.entered.master ?? 0,
  releasedMaster: ({ figures }: Instance): number => figures?.counts.released ?? 0,
  lengthErrors: refused('short', 'length'),
  intervalErrors: refused('interval'),
  ttlErrors: refused('ttl'),
  invalidTypes: refused('type'),
  addressListErrors: refused('addresses', 'count'),
  /** A type of authentication that VRRP does not know; we tell all that differ in one. */
  authenticationInvalid: refused('hmac-missing', 'hmac-key'),
  authenticationMismatch: refused('authentication'),
  authenticationFailures: refused('hmac-digest', 'hmac-stale', 'hmac-replay'),
  priorityZeroReceived: ({ figures }: Instance): number => figures?.counts.leavingHeard ?? 0,
  priorityZeroSent: ({ figures }: Instance): number => figures?.counts.leavingSaid ?? 0,
} as const;

export const KEEPALIVED_UP: readonly Family[] = families(DAEMON, [
  { name: 'keepalived_up', type: 'gauge', help: 'Status', value: () => 1 },
]);
