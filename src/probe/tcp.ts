import { formatEndpoint } from '../base/ip.ts';
import { Channel } from './channel.ts';
import { type CheckRunner, good } from './kind.ts';
import { failedToConnect, type NativeKind } from './native.ts';
import { speakTls } from './tls.ts';

/** The server completes a TCP handshake. */
export const tcp: NativeKind<'tcp'> = {
  question: (_target, { close, tls, proxy }) =>
    tls === undefined && proxy === undefined ? { kind: 'tcp', orderly: close === 'fin' } : null,
  finding({ address, port }, _check, answer) {
    const asked = `connect to ${formatEndpoint(address, port)}`;
    if (answer.ending === 'connected') return good('connect', 'connected', `${asked} succeeded`);
    return failedToConnect(asked, answer, 'got no answer');
  },
};

/** With TLS, or a PROXY header, which the server shall hear whole: nothing is asked then either. */
export const probeTcp: CheckRunner<'tcp'> = async (target, { tls }, signal) => {
  await using channel = await Channel.open(target, signal);
  const asked = `${tls ? 'TLS with' : 'connect to'} ${channel.where}`;
  const note = tls ? await speakTls(channel, target, tls) : '';
  await channel.finish();
  return good('connect', 'connected', `${asked} succeeded${note}`);
};
