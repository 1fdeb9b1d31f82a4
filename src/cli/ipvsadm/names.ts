import { lookupService } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';

/** Names to print in place of numbers; undefined where there is none. */
export interface Names {
  host(address: string): string | undefined;
  /** `protocol` as in /etc/services: `tcp`, `udp`, `sctp`. */
  service(port: number, protocol: string): string | undefined;
}

/** What -n prints. */
export const NUMBERS: Names = { host: () => undefined, service: () => undefined };

/** Where names come from. */
export interface NameSource {
  /** The name of an address; fails or undefined where there is none. */
  reverse(address: string): Promise<string | undefined>;
  /** The text of /etc/services; fails where there is no such file. */
  services(): Promise<string>;
}

/** The system's own: getnameinfo() asks the name service switch (/etc/hosts, then DNS) as gethostbyaddr() does, in the
 *  thread pool; node:dns's reverse() would ask DNS only. */
const SYSTEM: NameSource = {
  reverse: async (address) => (await lookupService(address, 0)).hostname,
  services: () => readFile('/etc/services', 'latin1'),
};

/** Looks up each address once, all at the same time, so that printing can be synchronous. */
export async function lookUpNames(addresses: Iterable<string>, source: NameSource = SYSTEM): Promise<Names> {
  const unique = [...new Set(addresses)];
  const [services, ...found] = await Promise.all([
    source.services().catch(() => ''),
    ...unique.map((address) => source.reverse(address).catch(() => undefined)),
  ]);
  const hosts = new Map(unique.map((address, index) => [address, found[index]]));
  const ports = readServices(services);
  return {
    host: (address) => hosts.get(address),
    service: (port, protocol) => ports.get(`${port}/${protocol}`),
  };
}

/** services(5): `name port/protocol aliases # comment`; of several lines for a port the first counts. */
export function readServices(text: string): ReadonlyMap<string, string> {
  const ports = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, port, protocol] = /^\s*([^\s#]+)\s+(\d+)[/,]([^\s#]+)/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = `${Number(port)}/${protocol}`;
    if (!ports.has(key)) ports.set(key, name);
  }
  return ports;
}
