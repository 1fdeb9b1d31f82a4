import { TLSSocket } from 'node:tls';
import type { GrantConfig } from '../../config/schema.ts';
import { highest } from '../../model/role.ts';
import type { Caller } from '../handlers/parts.ts';

/** Whose client certificate it is, as far as the listener's `clientCa` vouches for it. Unlike the socket's group, a signature
 *  alone gives nothing: an authority signs for many purposes. Undefined without a certificate that is believed. */
export function certifiedCaller(socket: unknown, grants: readonly GrantConfig[]): Caller | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  // One with several common names is nobody's.
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  if (typeof name !== 'string') return undefined;
  const roles = grants.filter(({ certificate }) => certificate === name).map(({ role }) => role);
  return { name: `certificate ${name.replace(/\p{Cc}/gu, '?')}`, role: highest(roles) };
}
