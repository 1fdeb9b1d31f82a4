import { openExits } from '../kernel/exits.ts';
import { startElection } from './election-port.ts';
import type { DirectorParts, ElectionParts } from './lifecycle.ts';
import { Notifier } from './notify/index.ts';
import { Trackers } from './trackers/index.ts';

/** What a real director needs for its instances. */
export const electionParts = (
  parts: Pick<DirectorParts, 'ports' | 'prober' | 'clock' | 'random' | 'log'>,
  onDeath: (error: Error) => void,
): ElectionParts => ({
  open: startElection,
  trackers: (onChange) => new Trackers({ ...parts, net: parts.ports.net, openExits, onChange }),
  notifier: (onProblem, onDropped) => new Notifier({ clock: parts.clock, onProblem, onDropped }),
  onDeath,
});
