import type { Ipvs } from '../../kernel/ipvs.ts';
import type { IpvsOp, OpFailure } from '../../model/op.ts';
import { REFUSED } from './draft.ts';
import { failureText, refusalOf } from './failures.ts';
import { USAGE_TEXT, VERSION_TEXT } from './help.ts';
import { list, save } from './listing.ts';
import type { Request } from './request.ts';

export interface Output {
  /** `latin1` for bytes that are no UTF-8. */
  readonly out: (text: string, encoding?: 'latin1') => void;
  readonly err: (text: string) => void;
}

/** A command of its own; `restore` runs many of them. */
export type SingleRequest = Exclude<Request, { readonly command: 'restore' }>;

/** The change of the table that a command is, or undefined. */
export function operationOf(request: Request): IpvsOp | undefined {
  const why = 'ipvsadm';
  switch (request.command) {
    case 'add-service':
      return { kind: 'add-service', service: request.service, why };
    case 'edit-service':
      return { kind: 'set-service', service: request.service, why };
    case 'delete-service':
      return { kind: 'delete-service', id: request.id, why };
    case 'add-server':
      return { kind: 'add-destination', id: request.id, destination: request.destination, why };
    case 'edit-server':
      return { kind: 'set-destination', id: request.id, destination: request.destination, why };
    case 'delete-server':
      return { kind: 'delete-destination', id: request.id, destination: request.destination, why };
    default:
      return undefined;
  }
}

/** Does one command and returns its exit code. */
export async function run(request: SingleRequest, ipvs: Ipvs, output: Output): Promise<number> {
  switch (request.command) {
    case 'list':
      return list(request, ipvs, output);
    case 'save':
      return save(request, ipvs, output);
    case 'help':
      output.out(VERSION_TEXT + USAGE_TEXT);
      return 0;
    case 'version':
      output.out(VERSION_TEXT);
      return 0;
    default: {
      const failure = await change(request, ipvs);
      if (failure) output.err(`${failureText(request.command, failure)}\n`);
      return failure ? REFUSED : 0;
    }
  }
}

type Change = Exclude<SingleRequest, { readonly command: 'list' | 'save' | 'help' | 'version' }>;

async function change(request: Change, ipvs: Ipvs): Promise<OpFailure | null> {
  switch (request.command) {
    case 'flush':
      return refusalOf(ipvs.flush());
    case 'zero':
      return refusalOf(request.id ? ipvs.zero(request.id) : ipvs.zero());
    case 'set-timeouts': {
      const { tcpS, tcpFinS, udpS } = request;
      return refusalOf(ipvs.setTimeouts({ tcpS, tcpFinS, udpS }));
    }
    case 'start-daemon':
      return refusalOf(ipvs.startDaemon(request.daemon));
    case 'stop-daemon':
      return refusalOf(ipvs.stopDaemon(request.state));
    default: {
      const op = operationOf(request);
      const [result] = op ? await ipvs.apply([op]) : [];
      return result?.failure ?? null;
    }
  }
}
