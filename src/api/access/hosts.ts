import type { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { canonicalAddress } from '../../base/ip.ts';

/** `name:port`, `[address]:port` and the like without the port, in small letters. */
export const hostOf = (authority: string): string =>
  authority
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');

/** Whether a request is for us. A page can make its reader's browser ask us under the page's own name by having that name
 *  point here (DNS rebinding); under an address it cannot. */
export function isOurs(
  authority: string | undefined,
  certificate: X509Certificate | undefined,
  hosts: readonly string[],
) {
  if (authority === undefined) return false;
  const host = hostOf(authority);
  if (canonicalAddress(host) !== undefined) return true;
  const names = ['localhost', hostname(), ...hosts].map((name) => name.toLowerCase());
  return names.includes(host) || certificate?.checkHost(host) !== undefined;
}
