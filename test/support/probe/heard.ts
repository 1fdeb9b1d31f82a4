import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { beforeEach } from 'vitest';

/** Counts what the checks of a test file have read from their connections: what a server made us take in. */
const sockets = new Set<Socket>();
subscribe('net.client.socket', (message) => sockets.add((message as { readonly socket: Socket }).socket));
beforeEach(() => sockets.clear());

/** Bytes since the test began, those of TLS included. */
export const heard = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0);
