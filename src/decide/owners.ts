import type { Connection } from '../model/connection.ts';
import type { Desired, DesiredService } from '../model/desired.ts';
import { destinationKey, serviceKey, type VirtualServiceId } from '../model/service.ts';
import { destinationOf } from './gate.ts';

/** Whose a connection is; null: nobody's that the file names. */
export interface Owner {
  readonly service: string | null;
  readonly server: string | null;
}

const NOBODY: Owner = { service: null, server: null };

/** Tells of connections to which service and server of the file they belong. Packets that a firewall mark brought keep their
 *  own address, so those connections are known by their server alone: of two services with the same one, the first has it. */
export function ownersOf({ services }: Desired): (connection: Connection) => Owner {
  const listeners = new Map<string, DesiredService>();
  const marked: DesiredService[] = [];
  for (const service of services)
    for (const { id } of service.listeners) {
      listeners.set(serviceKey(id), service);
      if (id.kind === 'fwmark' && !marked.includes(service)) marked.push(service);
    }
  const servers = new Map(services.map((service) => [service, serversOf(service)]));
  return (connection) => {
    const keys = [connection.destinationPort, 0].map((port) =>
      destinationKey({ address: connection.destination, port }),
    );
    const serverOf = (service: DesiredService): string | undefined =>
      keys.map((key) => servers.get(service)?.get(key)).find((name) => name !== undefined);
    const service =
      idsOf(connection)
        .map((id) => listeners.get(serviceKey(id)))
        .find((found) => found !== undefined) ?? marked.find((each) => serverOf(each) !== undefined);
    return service ? { service: service.name, server: serverOf(service) ?? null } : NOBODY;
  };
}

/** The listeners that may have taken it, the closest first. */
function idsOf({ protocol, virtual: address, virtualPort }: Connection): VirtualServiceId[] {
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return [];
  return [virtualPort, 0].map((port) => ({ kind: 'address', protocol, address, port }));
}

function serversOf({ listeners, servers, fallback }: DesiredService): ReadonlyMap<string, string> {
  const all = fallback ? [fallback, ...servers] : servers;
  return new Map(
    listeners.flatMap(({ id }) =>
      all.map((server): [string, string] => [destinationKey(destinationOf(server, id, 0)), server.name]),
    ),
  );
}
