import type { KernelErrorCode, OpFailure } from './op.ts';

/** A whole kernel call that failed: a dump, an open, a batch that could not be sent. The addon throws this class itself. */
export class KernelError extends Error implements OpFailure {
  readonly code: KernelErrorCode;
  readonly errno: number;
  readonly operation: string;
  readonly text: string;

  constructor(failure: OpFailure) {
    super(`${failure.operation}: ${failure.text}`);
    this.name = 'KernelError';
    this.code = failure.code;
    this.errno = failure.errno;
    this.operation = failure.operation;
    this.text = failure.text;
  }
}

/** What each code of a failure means, and what whoever gets it can do. */
export const KERNEL_ERRORS: Readonly<Record<KernelErrorCode, { readonly meaning: string; readonly advice: string }>> = {
  'not-permitted': {
    meaning: 'the process lacks CAP_NET_ADMIN in the initial user namespace (reading needs it too)',
    advice: 'run as root or give it the capability; the socket of an earlier root does not help',
  },
  'ipvs-missing': { meaning: 'the kernel has no IPVS and cannot load it', advice: '`modprobe ip_vs`' },
  'family-reloaded': {
    meaning: 'IPVS was unloaded and loaded again in the middle of a call: its table is empty',
    advice: 'read the table and begin again',
  },
  'scheduler-missing': {
    meaning: 'the kernel has no such scheduler and no module of it',
    advice: '`modprobe ip_vs_NAME`, another scheduler, or a kernel that has it (`supports()` names the first)',
  },
  'engine-missing': {
    meaning: 'the scheduler is there, the persistence engine is not',
    advice: '`modprobe ip_vs_pe_NAME`; Linux has one, `sip`',
  },
  'service-exists': { meaning: 'the virtual service is there already', advice: '`set-service` changes it' },
  'service-missing': {
    meaning: 'there is no such virtual service, also where a destination of it was meant',
    advice: 'add it first',
  },
  'destination-exists': { meaning: 'the service has that destination', advice: '`set-destination` changes it' },
  'destination-missing': {
    meaning: 'the service is there and has no such destination',
    advice: 'add it first; port and address family are part of its name',
  },
  'mixed-families': {
    meaning: 'server and service are of different families without a tunnel, or beside a sync daemon',
    advice: 'forward by tunnel; connection sync and mixed families exclude each other',
  },
  'daemon-running': { meaning: 'a sync daemon of that kind runs', advice: 'stop it first' },
  'daemon-not-running': { meaning: 'no sync daemon of that kind runs', advice: 'nothing is left to stop' },
  'address-exists': { meaning: 'the interface has that address', advice: 'nothing is left to add' },
  'address-missing': { meaning: 'the interface has no such address', advice: 'nothing is left to delete' },
  'route-exists': {
    meaning: 'there is a route to that network in that table with that metric, and it is not ours',
    advice: 'delete it, or use another metric or table',
  },
  'route-missing': { meaning: 'there is no such route', advice: 'nothing is left to delete' },
  'rule-exists': { meaning: 'there is such a rule already', advice: 'nothing is left to add' },
  'rule-missing': { meaning: 'there is no such rule', advice: 'nothing is left to delete' },
  'link-missing': { meaning: 'there is no such interface in that namespace', advice: 'correct its name' },
  'out-of-range': {
    meaning: 'a number the kernel does not take, or a lower threshold over the upper one',
    advice: 'correct it',
  },
  invalid: { meaning: 'the request makes no sense; nothing was changed', advice: 'the text says what is wrong' },
  timeout: {
    meaning: 'no answer came in time, and what the kernel holds is not what was asked',
    advice: 'read, then ask again',
  },
  'not-attempted': { meaning: 'the client was closed first', advice: 'open another one' },
  unsettled: {
    meaning: 'other programs changed the table during every one of several dumps',
    advice: 'dump again later, or without `settled`',
  },
  kernel: { meaning: 'the kernel refused for another reason', advice: 'errno and text say which' },
};
