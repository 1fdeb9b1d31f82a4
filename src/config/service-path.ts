import { familyOf } from '../base/ip.ts';
import type { Carrier, ServicePath } from '../model/desired.ts';
import type { ServerConfig, ServiceConfig } from './schema.ts';

type Where = Pick<ServerConfig, 'address' | 'forward' | 'tunnel'>;

/** How a SYN for the service can be carried to a server as IPVS would; else why not. */
export function carrierFor(service: ServiceConfig, server: Where): Carrier | { readonly not: string } {
  const forward = server.forward ?? service.forward;
  if (forward === 'dr') return 'link';
  if (forward !== 'tunnel') return { not: `${server.address} is forwarded by ${forward}, not by dr or tunnel` };
  const { type = 'ipip', checksum = 'none' } = server.tunnel ?? service.tunnel ?? {};
  if (type === 'gue') return { not: `${server.address} is behind a tunnel of type gue, not ipip or gre` };
  if (checksum !== 'none') return { not: `${server.address} is behind a tunnel with checksums` };
  return type;
}

/** Every address and port that a server has to answer for: TCP listeners of its family, at `port` if one is given. */
export function servicePaths(
  service: ServiceConfig,
  server: Where,
  port: number | undefined,
): (ServicePath & { readonly port: number })[] {
  const carrier = carrierFor(service, server);
  if (typeof carrier === 'object') return [];
  const found = new Map<string, ServicePath & { readonly port: number }>();
  for (const id of service.listen) {
    if (id.kind !== 'address' || id.protocol !== 'tcp' || familyOf(id.address) !== familyOf(server.address)) continue;
    const asked = port ?? id.port;
    if (asked !== 0) found.set(`${id.address} ${asked}`, { address: id.address, carrier, port: asked });
  }
  return [...found.values()];
}
