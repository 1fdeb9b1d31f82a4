import type { OpenSocket } from '../model/ports.ts';
import { addon } from './addon.ts';

/** Sockets in a network namespace (`netns` as for openIpvs; '' is the process's own). */
export const openSocketIn =
  (netns: string): OpenSocket =>
  (transport, family, { address = '', port = 0, interface: link = '', mark = 0 }) =>
    addon().openSocket(netns, { transport, ipv6: family === 'inet6', address, port, interface: link, mark });
