import { err, ok, type Result } from '../../base/result.ts';
import type { RatedService } from '../../kernel/records.ts';
import type { Connection } from '../../model/connection.ts';
import type { ObservedService } from '../../model/observed.ts';
import { serviceKey, type VirtualServiceId } from '../../model/service.ts';
import { addressText } from './words.ts';

/** What a listing is about: all services, one, or one destination of one. Addresses may be in any form of IPv6 text that
 *  the dump or the command line has. */
export function selectServices(
  services: readonly RatedService[],
  id: VirtualServiceId | null,
  destination: { readonly address: string; readonly port: number } | null,
): Result<readonly RatedService[], 'no-service' | 'no-destination'> {
  if (!id) return ok(services);
  const wanted = serviceKey(normal(id));
  const service = services.find((candidate) => serviceKey(normal(candidate.service.id)) === wanted);
  if (!service) return err('no-service');
  if (!destination) return ok([service]);
  const address = addressText(destination.address);
  const destinations = service.destinations.filter(
    (candidate) => candidate.port === destination.port && addressText(candidate.address) === address,
  );
  return destinations.length === 0 ? err('no-destination') : ok([{ ...service, destinations }]);
}

const normal = (id: VirtualServiceId): VirtualServiceId =>
  id.kind === 'address' ? { ...id, address: addressText(id.address) } : id;

/** Every address that a listing or a save prints, for lookUpNames(). */
export function* addressesOf(services: readonly ObservedService[]): Generator<string> {
  for (const { service, destinations } of services) {
    if (service.id.kind === 'address') yield service.id.address;
    for (const { address } of destinations) yield address;
  }
}

/** Every address of the rows, for lookUpNames(). */
export function* addressesOfConnections(connections: readonly Connection[]): Generator<string> {
  for (const { client, virtual, destination } of connections) {
    yield client;
    yield virtual;
    yield destination;
  }
}
