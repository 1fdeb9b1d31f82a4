import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { formatEndpoint } from '../base/ip.ts';
import { adoptSocket } from './connect.ts';
import { bad, outcomeOf, type Target } from './kind.ts';
import { phasesOf } from './phases.ts';

/** Sends one datagram and waits for the first answer that `accept` takes; `bytes` is null when the deadline came first. The
 *  socket is connected, so that only the server is heard and ICMP's "port unreachable" is an end (`refused`). */
export function exchange(
  target: Target,
  request: Buffer,
  deadline: AbortSignal,
  accept: (answer: Buffer) => boolean,
): Promise<{ readonly where: string; readonly bytes: Buffer | null }> {
  const where = formatEndpoint(target.address, target.port);
  const { signal, responding, end } = phasesOf(target, deadline);
  // There is no connection to wait for.
  responding();
  const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4');
  return new Promise<Buffer | null>((resolve, reject) => {
    const onAbort = (): void => resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    const fail = (error: unknown): void => {
      const outcome = outcomeOf(error);
      reject(bad('send', outcome, `datagram to ${where} ${outcome}`));
    };
    socket.on('error', fail);
    socket.on('message', (answer) => {
      if (accept(answer)) resolve(answer);
    });
    const { from } = target;
    const fd = adoptSocket(target, 'udp');
    if (fd !== undefined) socket.bind({ fd });
    else if (from !== undefined) socket.bind({ port: from.port ?? 0, ...(from.address && { address: from.address }) });
    socket.connect(target.port, target.address, (error?: Error) => {
      if (error) return fail(error);
      socket.send(request, (refused) => {
        if (refused) fail(refused);
      });
    });
  })
    .finally(() => {
      end();
      socket.close();
    })
    .then((bytes) => ({ where, bytes }));
}
