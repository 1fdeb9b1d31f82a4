import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import { NO_CONDITIONS } from '../decide/conditions.ts';
import { desire } from '../decide/desire.ts';
import type { Snapshot } from './store.ts';

/** What is known before anything has happened: the file. */
export function firstSnapshot(config: Config, file: string, clock: Clock): Snapshot {
  const desired = desire(config, { drained: new Set<string>() }, 1);
  return {
    config,
    file,
    revision: 1,
    drained: new Set<string>(),
    desired,
    verdicts: new Map(),
    transitions: new Map(),
    checkTrouble: [],
    conditions: NO_CONDITIONS,
    instances: new Map(),
    roles: new Map(),
    priorities: new Map(),
    maintenance: false,
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
