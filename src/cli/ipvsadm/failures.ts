import { KernelError } from '../../model/kernel-error.ts';
import type { KernelErrorCode, OpFailure } from '../../model/op.ts';
import type { Request } from './request.ts';

type CommandName = Request['command'];

const DESTINATION_COMMANDS: readonly CommandName[] = ['add-server', 'edit-server', 'delete-server'];
const EEXIST = 17;
const ESRCH = 3;

/** ipvsadm's words for what the kernel refused. */
const TEXTS: Readonly<Partial<Record<KernelErrorCode, string>>> = {
  'not-permitted': 'Permission denied (you must be root)',
  'ipvs-missing': 'Protocol not available',
  'scheduler-missing': 'Scheduler or persistence engine not found',
  'service-exists': 'Service already exists',
  'destination-exists': 'Destination already exists',
  'destination-missing': 'No such destination',
  'link-missing': 'No such device',
  'out-of-range': 'Numerical result out of range',
  invalid: 'Invalid operation.  Possibly wrong module version, address not unicast, ...',
};

export function failureText(command: CommandName, failure: OpFailure): string {
  if (failure.code === 'service-missing')
    return DESTINATION_COMMANDS.includes(command) ? 'Service not defined' : 'No such service';
  if (command === 'start-daemon' && failure.errno === EEXIST) return 'Daemon has already run';
  if (command === 'stop-daemon' && failure.errno === ESRCH) return 'No daemon is running';
  return TEXTS[failure.code] ?? failure.text;
}

/** Runs a call; its refusal by the kernel comes back as a value. */
export async function refusalOf(call: Promise<unknown>): Promise<OpFailure | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
}
