import type { Host, Topology } from '../topology.ts';
import { nginx } from './nginx.ts';
import { client, director, NETWORK, realServer, standby } from './servers.ts';

/** Many clients behind one link, so that a scheduler that goes by the client's address has something to spread. */
export const CLIENT_ADDRESSES: readonly string[] = Array.from({ length: 48 }, (_, index) => `10.0.2.${150 + index}`);
const crowd: Host = {
  ...client,
  links: client.links.map((link) => ({
    ...link,
    addresses: [...link.addresses, ...CLIENT_ADDRESSES.map((address) => `${address}/24`)],
  })),
};

/** The demo's network: a client, two directors, three real web servers behind them by direct routing. */
export const web: Topology = {
  name: 'web',
  summary: 'a client, two directors and three nginx, for direct routing',
  bridges: [{ name: NETWORK.bridge, addresses: NETWORK.root }],
  hosts: [
    crowd,
    director,
    standby,
    ...[1, 2, 3].map((number) => ({ ...realServer(number), ...nginx(`web${number}`) })),
  ],
  expose: [
    { name: 'web', address: '10.0.2.100', port: 80 },
    { name: 'admin', address: '10.0.2.2', port: 7010 },
  ],
};
