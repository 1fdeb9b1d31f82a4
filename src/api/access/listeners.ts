import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { failure } from '../../base/errors.ts';
import { formatEndpoint } from '../../base/ip.ts';
import type { ApiListenerConfig } from '../../config/schema.ts';
import type { Store } from '../../daemon/store.ts';
import { refusingBroken } from './broken.ts';
import { HTTP_LIMITS, limitConnections, sourceOf } from './limits.ts';

/** A TCP listener of the file, listening. */
export interface Listener {
  /** `10.0.0.1:8443` */
  readonly name: string;
  /** What it proves itself with; undefined without TLS. */
  readonly certificate: X509Certificate | undefined;
  close(): void;
}

export type Handle = (request: IncomingMessage, response: ServerResponse, listener: Listener) => void;

/** Opens every TCP listener of the file; none stays open when one fails. Certificates are read again at each reload. */
export async function openListeners(store: Store, handle: Handle): Promise<readonly Listener[]> {
  const open: Listener[] = [];
  try {
    for (const row of store.get().config.api.listen) open.push(await openListener(row, store, handle));
  } catch (error) {
    for (const listener of open) listener.close();
    throw error;
  }
  return open;
}

async function openListener(row: ApiListenerConfig, store: Store, handle: Handle): Promise<Listener> {
  const { address, port, tls } = row;
  const name = formatEndpoint(address, port);
  let material = tls && readMaterial(tls);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => handle(request, response, listener);
  const server: Server = material
    ? createSecureServer({ ...HTTP_LIMITS, ...material.options }, onRequest)
    : createServer(HTTP_LIMITS, onRequest);
  limitConnections(server, ({ remoteAddress }) => sourceOf(remoteAddress));
  server.on(
    'clientError',
    refusingBroken(() => store.counts.letGo('request-unfinished')),
  );
  // A handshake that fails is the client's affair.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  let { revision } = store.get();
  const forget = store.onEvent(() => {
    const now = store.get().revision;
    if (now === revision || !tls || !(server instanceof SecureServer)) return;
    revision = now;
    try {
      const before = material?.certificate.fingerprint256;
      material = readMaterial(tls);
      server.setSecureContext(material.options);
      const { fingerprint256, validTo } = material.certificate;
      if (fingerprint256 !== before) store.tell('config', `api.listen ${name}: new certificate, valid to ${validTo}`);
    } catch (error) {
      store.tell('problem', `api.listen ${name} goes on with its old certificate: ${String(error)}`);
    }
  });
  const listener: Listener = {
    name,
    get certificate() {
      return material?.certificate;
    },
    close() {
      forget();
      server.close();
      server.closeAllConnections();
    },
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      forget();
      reject(failure('listen-failed', { listener: name, reason: error.message }, error));
    });
    server.listen({ host: address, port, ipv6Only: true }, resolve);
  });
  return listener;
}

type Material = { readonly options: TlsOptions; readonly certificate: X509Certificate };

function readMaterial({ cert, key, clientCa }: NonNullable<ApiListenerConfig['tls']>): Material {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw failure('tls-unusable', { file, reason: (error as Error).message }, error);
    }
  };
  const chain = read(cert);
  const ca = clientCa === undefined ? {} : { ca: read(clientCa), requestCert: true, rejectUnauthorized: false };
  const options: TlsOptions = { cert: chain, key: read(key), ...ca, minVersion: 'TLSv1.2', handshakeTimeout: 5_000 };
  try {
    const certificate = new X509Certificate(chain);
    createSecureContext(options);
    return { options, certificate };
  } catch (error) {
    throw failure('tls-unusable', { file: `${cert} with ${key}`, reason: (error as Error).message }, error);
  }
}
