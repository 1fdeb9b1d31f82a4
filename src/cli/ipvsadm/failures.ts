import { KernelError } from '../../model/kernel-error.ts';
import type { OpFailure } from '../../model/op.ts';
import type { Request } from './request.ts';

type CommandName = Request['command'];

interface Row {
  readonly errno: number;
  /** Without it any command. */
  readonly on?: readonly CommandName[];
  readonly text: string;
}

const SERVERS: readonly CommandName[] = ['add-server', 'edit-server', 'delete-server'];

/** ipvsadm's words for the kernel's errno; the first row that fits counts. */
const ROWS: readonly Row[] = [
  { errno: 1, text: 'Permission denied (you must be root)' },
  { errno: 2, on: SERVERS, text: 'No such destination' },
  { errno: 2, text: 'Scheduler or persistence engine not found' },
  { errno: 3, on: SERVERS, text: 'Service not defined' },
  { errno: 3, on: ['stop-daemon'], text: 'No daemon is running' },
  { errno: 3, text: 'No such service' },
  { errno: 17, on: SERVERS, text: 'Destination already exists' },
  { errno: 17, on: ['start-daemon'], text: 'Daemon has already run' },
  { errno: 17, text: 'Service already exists' },
  { errno: 19, text: 'No such device' },
  { errno: 22, text: 'Invalid operation.  Possibly wrong module version, address not unicast, ...' },
  { errno: 34, text: 'Numerical result out of range' },
  { errno: 97, text: 'Address family not supported by protocol' },
];

export function failureText(command: CommandName, failure: OpFailure): string {
  if (failure.code === 'ipvs-missing') return 'Protocol not available';
  const row = ROWS.find(({ errno, on }) => errno === failure.errno && (!on || on.includes(command)));
  return row?.text ?? failure.text;
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
