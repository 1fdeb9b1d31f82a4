import type { Host } from '../topology.ts';

export const NETWORK = {
  bridge: 'lan',
  root: ['10.0.2.1/24', 'fd00:2::1/64'],
  client: ['10.0.2.10/24', 'fd00:2::10/64'],
  director: ['10.0.2.2/24', 'fd00:2::2/64'],
  standby: ['10.0.2.3/24', 'fd00:2::3/64'],
  /** The virtual addresses. Fairlead adds them to the director; real servers hold them on `lo`. */
  virtual: ['10.0.2.100/32', 'fd00:2::100/128'],
} as const;

/** Addresses of real server number 1, 2, 3... */
export const serverAddresses = (number: number): string[] => [`10.0.2.${10 + number}/24`, `fd00:2::1${number}/64`];

/** A real server for direct routing: it accepts the virtual addresses and never says so in ARP. (For IPv6 an address on
 *  `lo` is not answered for on other links anyway.) */
export function realServer(number: number): Host {
  return {
    name: `web${number}`,
    links: [{ name: 'eth0', bridge: NETWORK.bridge, addresses: serverAddresses(number) }],
    lo: NETWORK.virtual,
    sysctls: { 'net.ipv4.conf.all.arp_ignore': '1', 'net.ipv4.conf.all.arp_announce': '2' },
  };
}

export const client: Host = {
  name: 'client',
  links: [{ name: 'eth0', bridge: NETWORK.bridge, addresses: NETWORK.client }],
};

export const director: Host = {
  name: 'director',
  links: [{ name: 'eth0', bridge: NETWORK.bridge, addresses: NETWORK.director }],
  modules: ['ip_vs'],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
};

/** Takes over when the director fails. */
export const standby: Host = {
  ...director,
  name: 'standby',
  links: [{ name: 'eth0', bridge: NETWORK.bridge, addresses: NETWORK.standby }],
};
