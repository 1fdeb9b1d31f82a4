import { isIPv6, type Socket } from 'node:net';

export type Ends = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

/** The header of HAProxy's PROXY protocol (proxy-protocol.txt) that tells of this very connection. */
export function proxyHeader(version: 'v1' | 'v2', ends: Ends): Buffer {
  const { localAddress = '0.0.0.0', remoteAddress = '0.0.0.0', localPort = 0, remotePort = 0 } = ends;
  const six = isIPv6(remoteAddress);
  if (version === 'v1') {
    return Buffer.from(`PROXY TCP${six ? 6 : 4} ${localAddress} ${remoteAddress} ${localPort} ${remotePort}\r\n`);
  }
  // LOCAL: a connection of the balancer's own, as checks are; whoever gets it takes the addresses of the connection itself.
  return Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a', 'hex'), Buffer.from([0x20, 0x00, 0x00, 0x00])]);
}
