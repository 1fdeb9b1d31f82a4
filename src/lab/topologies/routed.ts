import type { Topology } from '../topology.ts';

/** Where the hosts of `routed` are. The virtual addresses belong to the director and, as a test wants it, to the server. */
export const ROUTED = {
  client: ['10.1.0.2', 'fd00:1::2'],
  routerOutside: ['10.1.0.1', 'fd00:1::1'],
  routerInside: ['10.2.0.1', 'fd00:2::1'],
  director: ['10.2.0.2', 'fd00:2::2'],
  server: ['10.2.0.3', 'fd00:2::3'],
  virtual: ['10.2.0.100', 'fd00:2::100'],
} as const;

const onLink = ([four, six]: readonly [string, string]): string[] => [`${four}/24`, `${six}/64`];

/** A client behind a router: answers need not come back through the director, so every way of forwarding can be tried. */
export const routed: Topology = {
  name: 'routed',
  summary: 'a client behind a router, a director and an empty server',
  bridges: [{ name: 'outside' }, { name: 'inside' }],
  hosts: [
    {
      name: 'client',
      links: [{ name: 'eth0', bridge: 'outside', addresses: onLink(ROUTED.client) }],
      routes: ROUTED.routerOutside.map((via) => ({ to: 'default', via })),
    },
    {
      name: 'router',
      links: [
        { name: 'eth0', bridge: 'outside', addresses: onLink(ROUTED.routerOutside) },
        { name: 'eth1', bridge: 'inside', addresses: onLink(ROUTED.routerInside) },
      ],
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
    },
    {
      name: 'director',
      links: [
        {
          name: 'eth0',
          bridge: 'inside',
          addresses: [...onLink(ROUTED.director), `${ROUTED.virtual[0]}/32`, `${ROUTED.virtual[1]}/128`],
        },
      ],
      modules: ['ip_vs'],
      sysctls: {
        'net.ipv4.ip_forward': '1',
        'net.ipv6.conf.all.forwarding': '1',
        // The server's way back leads through the director although the router is nearer.
        'net.ipv4.conf.all.send_redirects': '0',
        'net.ipv4.conf.eth0.send_redirects': '0',
      },
      routes: ROUTED.routerInside.map((via) => ({ to: 'default', via })),
    },
    {
      name: 'server',
      links: [{ name: 'eth0', bridge: 'inside', addresses: onLink(ROUTED.server) }],
      sysctls: {
        'net.ipv4.conf.all.arp_ignore': '1',
        'net.ipv4.conf.all.arp_announce': '2',
        'net.ipv4.conf.all.accept_redirects': '0',
        'net.ipv6.conf.all.accept_redirects': '0',
        'net.ipv6.conf.eth0.accept_redirects': '0',
      },
    },
  ],
  expose: [],
};
