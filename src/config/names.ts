import { formatEndpoint } from '../base/ip.ts';
import type { ServerConfig } from './schema.ts';

/** What people call a server: its name, or `address:port`, or `address` when it takes the listener's port. */
export const serverName = (server: Pick<ServerConfig, 'name' | 'address' | 'port'>): string =>
  server.name ?? (server.port === undefined ? server.address : formatEndpoint(server.address, server.port));
