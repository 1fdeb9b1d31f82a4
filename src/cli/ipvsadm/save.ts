import type { IpvsTimeouts, SyncDaemon } from '../../kernel/ipvs.ts';
import type { ObservedService } from '../../model/observed.ts';
import type { Destination, VirtualService, VirtualServiceId } from '../../model/service.ts';
import { type Names, NUMBERS } from './names.ts';
import type { ListFormat } from './request.ts';
import { sortDestinations, sortServices } from './sort.ts';
import {
  endpoint,
  forwardWords,
  groupingMask,
  markText,
  portProtocol,
  schedulerFlagNames,
  shownFlagNames,
} from './words.ts';

/** Text of `-S`: commands that make the table again, but for what ipvsadm leaves out (extendedSave does not). */
export function printSave(
  services: readonly ObservedService[],
  format: Pick<ListFormat, 'numeric' | 'sort' | 'strictCompat'>,
  names: Names,
): string {
  const lines: string[] = [];
  for (const { service, destinations } of format.sort ? sortServices(services, format.strictCompat) : services) {
    const id = serviceOption(service.id, format, names);
    lines.push(`-A ${id}${serviceSettings(service, false)}`);
    for (const destination of format.sort ? sortDestinations(destinations, format.strictCompat) : destinations) {
      const server = endpoint(destination.address, destination.port, portProtocol(service), format, names);
      const { option } = forwardWords(destination, format);
      lines.push(`-a ${id} -r ${server} ${option} -w ${destination.weight}${tunnelOptions(destination)}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The first line of an extended save. */
export const EXTENDED_TITLE = '# fairlead ipvsadm save, extended format 1; read by: fairlead ipvsadm -R';

const EXTENDED = { numeric: true, strictCompat: false } as const;

/** Text of `-S --extended`: the same commands with all that the kernel holds. Destinations stand oldest first, because the
 *  kernel puts each new one in front: so its order, which schedulers follow, comes back too. */
export function printExtendedSave(
  services: readonly ObservedService[],
  timeouts: IpvsTimeouts,
  daemons: readonly SyncDaemon[],
): string {
  const lines = [EXTENDED_TITLE, `--set ${timeouts.tcpS} ${timeouts.tcpFinS} ${timeouts.udpS}`];
  for (const { service, destinations } of sortServices(services, false)) {
    const id = serviceOption(service.id, EXTENDED, NUMBERS);
    lines.push(`-A ${id}${serviceSettings(service, true)}`);
    for (let i = destinations.length - 1; i >= 0; i--)
      lines.push(extendedDestination(id, service.id, destinations[i] as Destination));
  }
  lines.push(...daemons.map(daemonCommand));
  return lines.map((line) => `${line}\n`).join('');
}

const SERVICE_OPTIONS = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

function serviceOption(
  id: VirtualServiceId,
  format: Pick<ListFormat, 'numeric' | 'strictCompat'>,
  names: Names,
): string {
  if (id.kind === 'fwmark') return `-f ${markText(id.mark, format)}${id.family === 'inet6' ? ' -6' : ''}`;
  return `${SERVICE_OPTIONS[id.protocol]} ${endpoint(id.address, id.port, id.protocol, format, names)}`;
}

/** ipvsadm saves mask and engine only where persistence uses them, and not every flag. */
function serviceSettings(service: VirtualService, extended: boolean): string {
  const { persistence, engine } = service;
  const mask = groupingMask(service);
  const flags = extended ? schedulerFlagNames(service) : shownFlagNames(service);
  let text = ` -s ${service.scheduler}`;
  if (persistence) text += ` -p ${persistence.timeoutS}`;
  if (mask !== undefined && (persistence || extended)) text += ` -M ${mask}`;
  if (engine && (persistence || extended)) text += ` --pe ${engine}`;
  if (service.onePacket) text += ' -o';
  if (flags.length > 0) text += ` -b ${flags.join(',')}`;
  return text;
}

const CHECKSUMS = { none: '--tun-nocsum', csum: '--tun-csum', remcsum: '--tun-remcsum' } as const;

function tunnelOptions({ tunnel }: Destination): string {
  if (!tunnel) return '';
  const port = tunnel.type === 'gue' ? ` --tun-port ${tunnel.port}` : '';
  const checksum = tunnel.type === 'ipip' ? '' : ` ${CHECKSUMS[tunnel.checksum]}`;
  return ` --tun-type ${tunnel.type}${port}${checksum}`;
}

function extendedDestination(option: string, id: VirtualServiceId, destination: Destination): string {
  const { address, port, forward, weight, upperThreshold, lowerThreshold } = destination;
  let text = `-a ${option} -r ${endpoint(address, port, undefined, EXTENDED, NUMBERS)}`;
  // -g and -i set the port to the service's; --forward takes it as it stands.
  const forced = id.kind === 'address' && port !== id.port && forward !== 'nat';
  text += forced || forward === 'local' ? ` --forward ${forward}` : ` ${forwardWords(destination, EXTENDED).option}`;
  text += ` -w ${weight}`;
  if (upperThreshold !== 0) text += ` -x ${upperThreshold}`;
  if (lowerThreshold !== 0) text += ` -y ${lowerThreshold}`;
  return text + tunnelOptions(destination);
}

function daemonCommand(daemon: SyncDaemon): string {
  const { state, interface: name, syncId, maxLength, group, port, ttl } = daemon;
  let text = `--start-daemon ${state} --mcast-interface ${name} --syncid ${syncId}`;
  if (maxLength) text += ` --sync-maxlen ${maxLength}`;
  if (group) text += ` --mcast-group ${group}`;
  if (port) text += ` --mcast-port ${port}`;
  if (ttl) text += ` --mcast-ttl ${ttl}`;
  return text;
}
