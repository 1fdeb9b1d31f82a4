import type { Topology } from '../topology.ts';
import { nginx } from './nginx.ts';
import { client, director, NETWORK, realServer, standby } from './servers.ts';

const SYNC = 'sync';

/** Two directors in front of one server, with a segment of their own between them. */
export const directors: Topology = {
  name: 'directors',
  summary: 'a client, two directors with a link of their own, and one nginx',
  bridges: [{ name: NETWORK.bridge, addresses: NETWORK.root }, { name: SYNC }],
  hosts: [
    client,
    { ...director, links: [...director.links, { name: 'eth1', bridge: SYNC, addresses: ['10.0.3.2/24'] }] },
    { ...standby, links: [...standby.links, { name: 'eth1', bridge: SYNC, addresses: ['10.0.3.3/24'] }] },
    { ...realServer(1), ...nginx('web1') },
  ],
  expose: [],
};
