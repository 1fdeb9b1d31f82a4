import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The addresses that the tables' services and servers have here. */
export const ADDRESSES = ['10.9.0.100/32', '10.9.0.11/32', '2001:db8::100/128', '2001:db8::11/128'];

const SIP = 'INVITE sip:a@lab.example SIP/2.0\r\nCall-ID: abc123@lab.example\r\n\r\n';
/** A listing is only tried if there is something to list: states, templates, a call's data, a mark, both families. */
const WANTED = [
  /^TCP .* ESTABLISHED/m,
  /^TCP .* ASSURED/m,
  /^UDP .* sip abc123@lab/m,
  /^IP .* 00000009 /m,
  /^TCP 2001:/m,
];
/** The kernel adds up its counters every 2 s. */
const ESTIMATED_MS = 4500;

/** Connections of every kind over the table [traffic], which is there already: established TCP in both families, UDP, a
 *  call that the engine `sip` follows, and one that a firewall mark chose. They stay until `close`. */
export async function openTraffic(): Promise<{ close(): void }> {
  const servers = await Promise.all(['10.9.0.11', '2001:db8::11'].map((host) => listen(host, 80)));
  const clients = await Promise.all([
    connect('10.9.0.100', 80),
    connect('10.9.0.100', 443),
    connect('2001:db8::100', 80),
  ]);
  await send('udp4', '10.9.0.100', 53, 'question');
  await send('udp4', '10.9.0.100', 5060, SIP);
  await send('udp6', '2001:db8::100', 53, 'question');
  sendMarked('10.9.0.100', 9999, 9);
  await sleep(ESTIMATED_MS);
  const connections = readFileSync('/proc/net/ip_vs_conn', 'utf8');
  const missing = WANTED.filter((form) => !form.test(connections));
  if (missing.length > 0) throw new Error(`no connection is ${missing.join(', ')}:\n${connections}`);
  return {
    close() {
      for (const client of clients) client.destroy();
      for (const server of servers) server.close();
    },
  };
}

function listen(host: string, port: number): Promise<net.Server> {
  const server = net.createServer(() => {});
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function connect(host: string, port: number): Promise<net.Socket> {
  const socket = net.connect(port, host);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

async function send(type: 'udp4' | 'udp6', host: string, port: number, text: string): Promise<void> {
  const socket = dgram.createSocket(type);
  // Nobody may be listening there: what counts is what IPVS makes of it.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.send(text, port, host, resolve));
  socket.close();
}

/** Node cannot mark a socket; Perl is part of every Debian. */
function sendMarked(host: string, port: number, mark: number): void {
  const [SOL_SOCKET, SO_MARK] = [1, 36];
  const script = `use Socket;
    socket(my $s, PF_INET, SOCK_DGRAM, 0) or die $!;
    setsockopt($s, ${SOL_SOCKET}, ${SO_MARK}, pack('I', ${mark})) or die $!;
    send($s, 'question', 0, pack_sockaddr_in(${port}, inet_aton('${host}')));`;
  execFileSync('perl', ['-e', script]);
}
