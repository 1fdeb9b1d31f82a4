import type { Log } from '../base/log.ts';
import type { NetPort } from '../model/ports.ts';
import { startElection } from './election-port.ts';
import type { ElectionParts } from './lifecycle.ts';

/** What a real director needs for its instances. */
export const electionParts = (_log: Log, _net: NetPort, onDeath: (error: Error) => void): ElectionParts => ({
  open: startElection,
  trackers: () => ({ sync() {}, states: () => [], stop() {} }),
  notifier: () => ({ changed() {}, beforeRelease: async () => {}, drain: async () => {}, stop() {} }),
  onDeath,
});
