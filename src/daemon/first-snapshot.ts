import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import { NO_CONDITIONS } from '../decide/conditions.ts';
import { desire } from '../decide/desire.ts';
import { NO_OVERRIDES, type Overrides } from '../model/override.ts';
import type { Snapshot } from './store.ts';

/** What is known before anything has happened: the file, and what operators set in an earlier life. */
export function firstSnapshot(
  config: Config,
  file: string,
  clock: Clock,
  overrides: Overrides = NO_OVERRIDES,
): Snapshot {
  const desired = desire(config, overrides, 1);
  return {
    config,
    file,
    revision: 1,
    overrides,
    desired,
    verdicts: new Map(),
    transitions: new Map(),
    roleChanges: new Map(),
    checkTrouble: [],
    certificates: [],
    conditions: NO_CONDITIONS,
    instances: new Map(),
    roles: new Map(),
    priorities: new Map(),
    target: null,
    dump: null,
    dumpAt: 0,
    plan: null,
    notes: [],
    failures: [],
    refusedReload: null,
    reloadNotes: [],
    startedAt: clock.wall(),
  };
}
