import { canonicalAddress, familyOf } from '../base/ip.ts';
import {
  type Destination,
  fullNetmask,
  PROTOCOLS,
  serviceFamily,
  type VirtualService,
  type VirtualServiceId,
} from '../model/service.ts';

/** Reads what serviceKey() writes: `tcp://10.0.0.100:80`, `udp://[2001:db8::1]:53`, `fwmark://7`, `fwmark6://7`. Throws a
 *  TypeError for anything else. */
export function serviceId(text: string): VirtualServiceId {
  const mark = /^(fwmark6?):\/\/([1-9]\d{0,9})$/.exec(text);
  if (mark && Number(mark[2]) <= 4294967295)
    return { kind: 'fwmark', mark: Number(mark[2]), family: mark[1] === 'fwmark6' ? 'inet6' : 'inet' };
  const [scheme, rest = ''] = text.split('://', 2);
  const protocol = PROTOCOLS.find((name) => name === scheme);
  if (!protocol) throw new TypeError(`"${text}" is no virtual service such as tcp://10.0.0.100:80 or fwmark://7`);
  return { kind: 'address', protocol, ...endpoint(rest) };
}

/** Settings of a virtual service; what is left out is as ipvsadm has it (wlc, no persistence). */
export function virtualService(id: VirtualServiceId | string, settings: Partial<VirtualService> = {}): VirtualService {
  const named = typeof id === 'string' ? serviceId(id) : id;
  return {
    scheduler: 'wlc',
    schedulerFlags: 0,
    onePacket: false,
    persistence: null,
    netmask: fullNetmask(serviceFamily(named)),
    ...settings,
    id: named,
  };
}

/** A destination from `10.0.0.11:80`; what is left out is as ipvsadm has it (direct routing, weight 1, no thresholds), and
 *  a tunnel is plain ipip. */
export function realServer(
  address: string,
  settings: Partial<Omit<Destination, 'address' | 'port'>> = {},
): Destination {
  const forward = settings.forward ?? 'dr';
  return {
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: forward === 'tunnel' ? { type: 'ipip', port: 0, checksum: 'none' } : null,
    ...settings,
    forward,
    ...endpoint(address),
  };
}

function endpoint(text: string): { readonly address: string; readonly port: number } {
  const found = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const address = canonicalAddress(found?.[1] ?? found?.[2] ?? '');
  const port = Number(found?.[3]);
  const bracketed = found?.[1] !== undefined;
  if (address === undefined || port > 65535 || bracketed !== (familyOf(address) === 'inet6'))
    throw new TypeError(`"${text}" is no address with a port such as 10.0.0.11:80 or [2001:db8::11]:80`);
  return { address, port };
}
