import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { TlsSettings } from '../config/checks/tls.ts';
import type { ProbeTarget } from '../model/ports.ts';
import type { Channel } from './channel.ts';
import { bad } from './kind.ts';

/** What Node.js needs to speak TLS as the settings say. Files are read for each probe, so that new ones need no reload. */
export async function tlsOptions(target: ProbeTarget, settings: TlsSettings): Promise<ConnectionOptions> {
  const { serverName, ca, certificate, key } = settings;
  const [trusted, own, ownKey] = await Promise.all([ca, certificate, key].map(pem));
  return {
    // Also what the certificate is held against when there is no name.
    host: serverName ?? target.address,
    ...(serverName !== undefined && isIP(serverName) === 0 ? { servername: serverName } : {}),
    rejectUnauthorized: settings.verify,
    minVersion: `TLSv1${settings.minVersion === '1.0' ? '' : settings.minVersion.slice(1)}` as 'TLSv1.2',
    ...(trusted ? { ca: trusted } : {}),
    ...(own ? { cert: own } : {}),
    ...(ownKey ? { key: ownKey } : {}),
  };
}

/** Goes on in TLS, and answers what there is to say about the certificate, to be appended to the evidence. */
export async function speakTls(
  channel: Channel,
  target: ProbeTarget,
  settings: TlsSettings,
  more: ConnectionOptions = {},
): Promise<string> {
  const socket = await channel.secure({ ...(await tlsOptions(target, settings)), ...more });
  return certificateNote(socket, settings.warnBefore, Date.now());
}

const DAY_MS = 86_400_000;

/** Empty, or `; its certificate ends in 3 days`. */
export function certificateNote(
  socket: Pick<TLSSocket, 'getPeerCertificate'>,
  warnBeforeMs: number,
  now: number,
): string {
  const until = Date.parse(socket.getPeerCertificate()?.valid_to ?? '');
  if (Number.isNaN(until) || until - now >= warnBeforeMs) return '';
  const days = Math.floor((until - now) / DAY_MS);
  return days < 0 ? '; its certificate has ended' : `; its certificate ends in ${days} day${days === 1 ? '' : 's'}`;
}

async function pem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw bad('connect', 'no-secret', `a file for TLS cannot be read: ${String(error)}`);
  }
}
