import { setTimeout as sleep } from 'node:timers/promises';
import {
  DRAIN_OBSTACLES,
  type DrainObstacle,
  drainObstacle,
  drainStep,
  openConnections,
} from '../decide/drain-step.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { ObservedDestination, ObservedService } from '../model/observed.ts';
import type { IpvsOp, OpResult } from '../model/op.ts';
import { type Destination, destinationKey, serviceKey, settingsOf, type VirtualServiceId } from '../model/service.ts';

/** What tells an operation to stop: an AbortSignal, or anything like it. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface DrainProgress {
  /** Connections that are waited for; of UDP and firewall mark services the inactive ones count too. */
  readonly openConnections: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly persistentConnections: number;
  readonly elapsedMs: number;
  /** Until the destination goes with whatever is left. */
  readonly leftMs: number;
}

export interface DrainOptions {
  /** Longest wait; 300,000. */
  readonly deadlineMs?: number;
  /** Time between two looks; 1,000. */
  readonly pollMs?: number;
  /** Called after every look. */
  readonly onProgress?: (progress: DrainProgress) => void;
  /** Ends the draining and gives the destination its weight back. */
  readonly signal?: CancelSignal;
  /** Drain although clients would be refused or keep coming. */
  readonly force?: boolean;
}

export interface Drained {
  /** Every connection had ended; time was over; or somebody else deleted it, or gave it a weight again (it stays). */
  readonly because: 'idle' | 'deadline' | 'gone' | 'changed';
  /** Connections that were cut. */
  readonly cut: number;
  readonly elapsedMs: number;
  /** How the destination was before, to add it again. */
  readonly destination: Destination;
}

/** Draining was refused before anything was changed. */
export class DrainError extends Error {
  readonly code: DrainObstacle;
  readonly advice: string;

  constructor(code: DrainObstacle, what: string) {
    super(`${what}: ${DRAIN_OBSTACLES[code].text}; ${DRAIN_OBSTACLES[code].advice}`);
    this.name = 'DrainError';
    this.code = code;
    this.advice = DRAIN_OBSTACLES[code].advice;
  }
}

export interface DrainKernel {
  service(id: VirtualServiceId, options?: { readonly stats?: boolean }): Promise<ObservedService>;
  apply(ops: readonly IpvsOp[]): Promise<OpResult[]>;
  sysctl(name: string): Promise<string | undefined>;
}

type Name = Pick<Destination, 'address' | 'port'>;

/** Takes a destination out without cutting connections: weight 0, wait, delete. Rejects with DrainError when that would hurt,
 *  with the signal's reason when cancelled (the weight is then as it was), and with KernelError when the kernel refuses; in
 *  the middle that leaves weight 0, and draining again goes on. */
export async function drain(
  kernel: DrainKernel,
  id: VirtualServiceId,
  name: Name,
  options: DrainOptions = {},
): Promise<Drained> {
  const { deadlineMs = 300_000, pollMs = 1000, onProgress, signal, force = false } = options;
  const what = `drain ${serviceKey(id)} ${destinationKey(name)}`;
  if (signal?.aborted) throw reasonOf(signal);
  const before = await look(kernel, id, name);
  const templatesExpire = (await kernel.sysctl('expire_quiescent_template')) !== '0';
  const obstacle = drainObstacle({ ...before, destinations: before.all, templatesExpire });
  if (!before.destination) throw new DrainError('destination-missing', what);
  if (obstacle && !force) throw new DrainError(obstacle, what);
  const wanted = settingsOf(before.destination);

  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  // SET replaces everything, so the way to forward, thresholds and tunnel go along.
  await must(kernel, { kind: 'set-destination', id, destination: { ...wanted, weight: 0 }, why: 'draining' });
  for (;;) {
    const { service, destination } = await look(kernel, id, name);
    const step = drainStep({ service, destination, elapsedMs: elapsedMs(), deadlineMs });
    const open = destination ? openConnections(service, destination) : 0;
    if (destination) onProgress?.(progressOf(destination, open, elapsedMs(), deadlineMs));
    if (step.kind === 'end') return { because: step.because, cut: 0, elapsedMs: elapsedMs(), destination: wanted };
    if (signal?.aborted && destination) {
      const restored = { ...settingsOf(destination), weight: wanted.weight };
      await must(kernel, { kind: 'set-destination', id, destination: restored, why: 'draining was cancelled' });
      throw reasonOf(signal);
    }
    if (step.kind === 'delete') {
      await must(kernel, { kind: 'delete-destination', id, destination: wanted, why: `drained: ${step.because}` });
      return { because: step.because, cut: open, elapsedMs: elapsedMs(), destination: wanted };
    }
    await pause(Math.max(0, Math.min(pollMs, deadlineMs - elapsedMs())), signal);
  }
}

async function look(kernel: DrainKernel, id: VirtualServiceId, name: Name) {
  const { service, destinations: all } = await kernel.service(id, { stats: false });
  return { service, all, destination: all.find((each) => destinationKey(each) === destinationKey(name)) };
}

async function must(kernel: DrainKernel, op: IpvsOp): Promise<void> {
  const [result] = await kernel.apply([op]);
  if (result?.failure) throw new KernelError(result.failure);
}

const progressOf = (
  { activeConnections, inactiveConnections, persistentConnections }: ObservedDestination,
  open: number,
  elapsedMs: number,
  deadlineMs: number,
): DrainProgress => ({
  openConnections: open,
  activeConnections,
  inactiveConnections,
  persistentConnections,
  elapsedMs,
  leftMs: Math.max(0, deadlineMs - elapsedMs),
});

const reasonOf = (signal: CancelSignal): unknown => signal.reason ?? new Error('draining was cancelled');

/** Ends early when the signal comes; what follows looks at it. */
async function pause(ms: number, signal: CancelSignal | undefined): Promise<void> {
  const wake = new AbortController();
  const onAbort = () => wake.abort();
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) wake.abort();
  await sleep(ms, undefined, { signal: wake.signal }).catch(() => {});
  signal?.removeEventListener('abort', onAbort);
}
