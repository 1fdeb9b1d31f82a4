import { connect, type Socket } from 'node:net';
import type { ProbeTarget } from '../model/ports.ts';

/** A connection to the target from where it shall come. */
export const connectTo = ({ address, port, from }: ProbeTarget): Socket =>
  connect({
    host: address,
    port,
    ...(from?.address !== undefined && { localAddress: from.address }),
    ...(from?.port !== undefined && { localPort: from.port }),
  });
