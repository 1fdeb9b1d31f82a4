import type { Topology } from '../topology.ts';
import { client, director, NETWORK, realServer } from './servers.ts';

/** The same network with nothing running on it: tests bring their own servers. */
export const pair: Topology = {
  name: 'pair',
  summary: 'a client, a director and three empty servers',
  bridges: [{ name: NETWORK.bridge, addresses: NETWORK.root }],
  hosts: [client, director, realServer(1), realServer(2), realServer(3)],
  expose: [],
};
