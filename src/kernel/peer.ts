import type { Socket } from 'node:net';
import type { Peer } from '../model/role.ts';
import { addon } from './addon.ts';

/** Who is at the other end of an accepted unix socket. Throws a KernelError, or an Error when it is closed already. */
export function peerOf(socket: Socket): Peer {
  // Node.js has no public name for it.
  const { _handle } = socket as unknown as { readonly _handle: { readonly fd?: unknown } | null };
  if (typeof _handle?.fd !== 'number' || _handle.fd < 0) throw new Error('the socket has no descriptor');
  return addon().peerOf(_handle.fd);
}
