// Sends whatever bytes it is told to as VRRP, with raw-socket, which shares no code with ours. Lines of standard input:
//   FROM TO TTL HEX     one packet; FROM may be anybody's address
//   pause MILLISECONDS
//   sync WORD           prints WORD once all before has left
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import raw from 'raw-socket';

const VRRP = 112;
// With this protocol the kernel takes whole packets, header included.
const RAW = 255;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

const sockets = [raw.AddressFamily.IPv4, raw.AddressFamily.IPv6].map((addressFamily) => {
  const socket = raw.createSocket({ addressFamily, protocol: RAW });
  const device = Buffer.from('eth0\0');
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
  socket.pauseRecv();
  return socket;
});

/** @param {string} address */
function bytesOf(address) {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [front = [], back = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const bytes = Buffer.alloc(16);
  front.forEach((word, i) => void bytes.writeUInt16BE(Number.parseInt(word, 16), i * 2));
  back.forEach((word, i) => void bytes.writeUInt16BE(Number.parseInt(word, 16), 16 - (back.length - i) * 2));
  return bytes;
}

/** @param {string} from @param {string} to @param {number} ttl @param {Buffer} payload */
function packetOf(from, to, ttl, payload) {
  if (to.includes(':')) {
    const header = Buffer.from([0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, VRRP, ttl]);
    return Buffer.concat([header, bytesOf(from), bytesOf(to), payload]);
  }
  // The kernel fills in length, identification and checksum.
  const header = Buffer.from([0x45, 0xc0, 0, 0, 0, 0, 0, 0, ttl, VRRP, 0, 0]);
  return Buffer.concat([header, bytesOf(from), bytesOf(to), payload]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [first = '', second = '', third = '', fourth = ''] = line.split(' ');
  if (first === 'pause') await sleep(Number(second));
  else if (first === 'sync') process.stdout.write(`${second}\n`);
  else {
    const packet = packetOf(first, second, Number(third), Buffer.from(fourth, 'hex'));
    const socket = sockets[second.includes(':') ? 1 : 0];
    await new Promise((resolve, reject) => {
      socket.send(packet, 0, packet.length, second, (/** @type {Error | null} */ error) =>
        error ? reject(new Error(`${line.slice(0, 60)}: ${error.message}`)) : resolve(undefined),
      );
    });
  }
}
process.exit(0);
