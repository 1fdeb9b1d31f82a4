import { KernelError } from '../model/kernel-error.ts';
import type { Op, OpFailure, Unexplained } from '../model/op.ts';
import { routeInWords, ruleKey } from '../model/routing.ts';
import { schedulerRow } from '../model/schedulers.ts';
import { destinationKey, serviceKey } from '../model/service.ts';
import { syncDaemonKey } from '../model/sync.ts';

/** What an op asks for, as failures quote it: `add-destination tcp://10.0.0.100:80 10.0.0.11:80`. */
export function operationOf(op: Unexplained<Op>): string {
  if (op.kind === 'set-sysctl') return `${op.kind} ${op.name} ${op.value}`;
  if (op.kind === 'start-daemon') return `${op.kind} ${syncDaemonKey(op.daemon)}`;
  if (op.kind === 'stop-daemon') return `${op.kind} ${op.role}`;
  if ('route' in op) return `${op.kind} ${routeInWords(op.route)}`;
  if ('rule' in op) return `${op.kind} ${ruleKey(op.rule)}`;
  if ('address' in op) return `${op.kind} ${op.address.interface} ${op.address.address}/${op.address.prefix}`;
  const service = serviceKey('service' in op ? op.service.id : op.id);
  return 'destination' in op ? `${op.kind} ${service} ${destinationKey(op.destination)}` : `${op.kind} ${service}`;
}

/** A refusal's words, with the first kernel that has the scheduler where it is the scheduler that is missing. */
export function inFull(op: Unexplained<Op>, { code, text }: Pick<OpFailure, 'code' | 'text'>): string {
  if (code !== 'scheduler-missing' || !('service' in op)) return text;
  const since = schedulerRow(op.service.scheduler)?.since;
  return since === undefined ? text : `${text}; Linux ${since} and later can have "${op.service.scheduler}"`;
}

/** An op that was not sent, because the kernel has no way to say it or would take it wrongly. */
export const invalid = (op: Unexplained<Op>, text: string): OpFailure => ({
  code: 'invalid',
  errno: 0,
  operation: operationOf(op),
  text,
});

/** A call after close(). */
export const closed = (operation: string): KernelError =>
  new KernelError({ code: 'not-attempted', errno: 0, operation, text: 'it was closed' });
