import { connect, Socket } from 'node:net';
import { familyOf, formatEndpoint } from '../base/ip.ts';
import type { ProbeSource } from '../model/desired.ts';
import type { Protocol } from '../model/service.ts';
import { bad, outcomeOf, type Target } from './kind.ts';

/** A connection to the target from where it shall come. */
export function connectTo(target: Target): Socket {
  const { address, port, from, transport = 'tcp' } = target;
  const adopted = adoptSocket(target, transport);
  // Not to be read from before it is connected, which net.Socket would.
  const options = { fd: adopted, manualStart: true };
  if (adopted !== undefined) return new Socket(options).connect({ host: address, port });
  return connect({
    host: address,
    port,
    ...(from?.address !== undefined && { localAddress: from.address }),
    ...(from?.port !== undefined && { localPort: from.port }),
  });
}

/** A descriptor for Node.js to go on with, where the target asks for what Node.js cannot do itself. */
export function adoptSocket({ address, port, from = {}, openSocket }: Target, transport: Protocol): number | undefined {
  if (transport !== 'sctp' && !isBeyondNode(from)) return undefined;
  try {
    return openSocket(transport, familyOf(address), from);
  } catch (error) {
    throw bad('connect', outcomeOf(error), `no socket for ${formatEndpoint(address, port)}: ${String(error)}`);
  }
}

const isBeyondNode = (from: ProbeSource): boolean => from.interface !== undefined || from.mark !== undefined;
