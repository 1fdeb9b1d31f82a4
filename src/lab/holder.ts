import { fork } from 'node:child_process';
import { failure } from '../base/errors.ts';
import type { DriverName, Phases } from './driver.ts';
import { AGENT, requireBundle } from './installation.ts';
import { chooseDriver, openLab } from './lab.ts';
import { topologyNamed } from './topologies/index.ts';

/** What the background process reports to the command that started it. */
export type Report =
  | {
      readonly opened: {
        readonly driver: DriverName;
        readonly phases: Phases;
        readonly exposed: Record<string, number>;
      };
    }
  | { readonly failed: { readonly reason: string; readonly fix: string } };

export interface HoldOptions {
  readonly topology: string;
  readonly driver: DriverName | 'auto';
  readonly name: string;
}

/** Starts a process in the background that opens a lab and holds it; resolves when the lab can be used. */
export function holdInBackground(options: HoldOptions): Promise<Extract<Report, { opened: unknown }>['opened']> {
  topologyNamed(options.topology);
  const driver = chooseDriver(options.driver);
  requireBundle();
  const child = fork(AGENT, ['hold', options.topology, driver, options.name], { detached: true, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    const lost = (reason: string) => reject(failure('lab-failed', { reason, advice: 'run it again' }));
    child.once('error', (error) => lost(error.message));
    child.once('exit', (code) => lost(`its process ended with ${code}`));
    child.once('message', (message) => {
      const report = message as Report;
      if ('failed' in report)
        reject(failure('lab-failed', { reason: report.failed.reason, advice: report.failed.fix }));
      else resolve(report.opened);
      child.disconnect();
      child.unref();
    });
  });
}

/** The background process itself: opens the lab and ends with it, or when told to. */
export async function hold(options: HoldOptions): Promise<void> {
  const report = (message: Report) =>
    new Promise<void>((resolve) => process.send?.(message, () => resolve()) ?? resolve());
  try {
    const topology = topologyNamed(options.topology);
    const lab = await openLab({ ...options, topology, onLost: () => process.exit(1) });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => void lab.close().then(() => process.exit(0)));
    }
    await report({ opened: { driver: lab.driver, phases: lab.phases, exposed: { ...lab.exposed } } });
  } catch (error) {
    const fix = error instanceof Error && 'fix' in error ? String(error.fix) : 'run it again';
    const reason = error instanceof Error ? error.message.replace(/^the lab could not start: /, '') : String(error);
    await report({ failed: { reason, fix } });
    process.exit(1);
  }
}
