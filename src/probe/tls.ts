import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { TlsSettings } from '../config/checks/tls.ts';
import type { Certificate } from '../model/health.ts';
import type { ProbeTarget } from '../model/ports.ts';
import type { Channel } from './channel.ts';
import { bad, type Target } from './kind.ts';

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
  target: Target,
  settings: TlsSettings,
  more: ConnectionOptions = {},
): Promise<string> {
  const socket = await channel.secure({ ...(await tlsOptions(target, settings)), ...more });
  const certificate = certificateOf(socket, settings.warnBefore, Date.now());
  if (certificate === undefined) return '';
  target.sawCertificate?.(certificate);
  return certificate.warning === '' ? '' : `; ${certificate.warning}`;
}

const DAY_MS = 86_400_000;

/** Undefined where the server showed none. */
export function certificateOf(
  socket: Pick<TLSSocket, 'getPeerCertificate'>,
  warnBeforeMs: number,
  now: number,
): Certificate | undefined {
  const endsAt = Date.parse(socket.getPeerCertificate()?.valid_to ?? '');
  if (Number.isNaN(endsAt)) return undefined;
  return { endsAt, warning: endsAt - now >= warnBeforeMs ? '' : endingInWords(endsAt - now) };
}

function endingInWords(leftMs: number): string {
  if (leftMs < 0) return 'its certificate has ended';
  const days = Math.floor(leftMs / DAY_MS);
  return `its certificate ends in ${days} day${days === 1 ? '' : 's'}`;
}

async function pem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw bad('connect', 'no-secret', `a file for TLS cannot be read: ${String(error)}`);
  }
}
