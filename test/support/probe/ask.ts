import { CHECKS, type CheckKind } from '../../../src/config/checks/index.ts';
import { runProgram } from '../../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../../src/kernel/probe-engine.ts';
import type { CheckSettings } from '../../../src/model/desired.ts';
import type { ProbeResult } from '../../../src/model/health.ts';
import { createProber } from '../../../src/probe/index.ts';

/** Asks a server on loopback as the daemon would. */

const clock = { now: () => performance.now(), wall: () => Date.now() };
export const engine = openProbeEngine();
export const prober = createProber(clock, runProgram, engine);

/** What the file may say of a kind, as the program sees it. */
export function settingsOf(kind: CheckKind, given: object = {}, timeoutMs = 2000): CheckSettings {
  const settings = CHECKS[kind].settings.parse(given);
  return { check: { kind, ...settings }, timeoutMs, everyMs: 1000, rise: 1, fall: 1, port: null } as CheckSettings;
}

export const probe = (kind: CheckKind, port: number, given: object = {}, timeoutMs?: number): Promise<ProbeResult> =>
  prober.probe({ address: '127.0.0.1', port }, settingsOf(kind, given, timeoutMs), new AbortController().signal);
