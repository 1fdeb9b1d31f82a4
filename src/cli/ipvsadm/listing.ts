import { readFileSync } from 'node:fs';
import type { Ipvs } from '../../kernel/ipvs.ts';
import { KernelError } from '../../model/kernel-error.ts';
import { failureText } from './failures.ts';
import { lookUpNames, type Names, NUMBERS } from './names.ts';
import { printConnections, readConnections } from './print-connections.ts';
import { printServices } from './print-services.ts';
import { printDaemons, printTimeouts } from './print-state.ts';
import type { ListFormat, Request } from './request.ts';
import type { Output } from './run.ts';
import { printExtendedSave, printSave } from './save.ts';
import { addressesOf, addressesOfConnections, selectServices } from './select.ts';

type ListRequest = Extract<Request, { readonly command: 'list' }>;
type SaveRequest = Extract<Request, { readonly command: 'save' }>;

const LIST_FAILED = 1;
const CONNECTIONS_FILE = '/proc/net/ip_vs_conn';

/** Reads the kernel for a listing and prints it; returns the exit code. */
export async function list(request: ListRequest, ipvs: Ipvs, output: Output): Promise<number> {
  try {
    return await LISTS[request.what](request, ipvs, output);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    output.err(`${failureText('list', error)}\n`);
    return LIST_FAILED;
  }
}

type List = (request: ListRequest, ipvs: Ipvs, output: Output) => Promise<number>;

const LISTS: Readonly<Record<ListRequest['what'], List>> = {
  async services({ id, destination, format }, ipvs, output) {
    const selected = selectServices(await ipvs.dumpWithRates(), id, destination);
    if (!selected.ok) {
      output.err(selected.error === 'no-service' ? 'No such service\n' : 'No such destination\n');
      return LIST_FAILED;
    }
    const names = await namesFor(format, () => addressesOf(selected.value));
    output.out(printServices(selected.value, format, names, id ? null : await ipvs.info()));
    return 0;
  },
  async connections({ format }, _ipvs, output) {
    let text: string;
    try {
      text = readFileSync(CONNECTIONS_FILE, 'latin1');
    } catch {
      output.err(`cannot open file ${CONNECTIONS_FILE}\n`);
      return LIST_FAILED;
    }
    const connections = readConnections(text.split('\n'), format);
    const names = await namesFor(format, () => addressesOfConnections(connections));
    output.out(printConnections(connections, format, names), 'latin1');
    return 0;
  },
  async timeouts({ format }, ipvs, output) {
    output.out(printTimeouts(await ipvs.timeouts(), format));
    return 0;
  },
  async daemons({ format }, ipvs, output) {
    output.out(printDaemons(await ipvs.daemons(), format));
    return 0;
  },
};

/** `-S`; with --extended everything that the kernel holds. */
export async function save({ format, extended }: SaveRequest, ipvs: Ipvs, output: Output): Promise<number> {
  const services = await ipvs.dump({ stats: false });
  const text = extended
    ? printExtendedSave(services, await ipvs.timeouts(), await ipvs.daemons())
    : printSave(services, format, await namesFor(format, () => addressesOf(services)));
  output.out(text);
  return 0;
}

const namesFor = async (format: ListFormat, addresses: () => Iterable<string>): Promise<Names> =>
  format.numeric || format.json ? NUMBERS : lookUpNames(addresses());
