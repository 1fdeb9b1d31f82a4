import { formatEndpoint } from '../base/ip.ts';
import { good } from './kind.ts';
import { failedToConnect, type NativeKind } from './native.ts';

/** The server completes a TCP handshake. */
export const tcp: NativeKind<'tcp'> = {
  question: (_target, { close }) => ({ kind: 'tcp', orderly: close === 'fin' }),
  finding({ address, port }, _check, answer) {
    const asked = `connect to ${formatEndpoint(address, port)}`;
    if (answer.ending === 'connected') return good('connect', 'connected', `${asked} succeeded`);
    return failedToConnect(asked, answer, 'got no answer');
  },
};
