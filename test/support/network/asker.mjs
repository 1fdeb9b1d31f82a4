// Asks an address and beside it one that is known to answer, by UDP (the observer's echo) and by TCP (a closed port refuses),
// until the known one has answered some times both ways; then tells what the other did.
//   node asker.mjs ADDRESS CONTROL   prints {"udp": NAME or null, "tcp": BOOLEAN}
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [, , address = '', control = ''] = process.argv;
const ECHO_PORT = 7000;
const CLOSED_PORT = 9;
const ENOUGH = 5;

/** @param {string} host */
function ask(host) {
  const heard = { udp: 0, tcp: 0, name: '' };
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes) => {
    heard.udp++;
    heard.name = String(bytes);
  });
  socket.on('error', () => {});
  const again = () => {
    socket.send('?', ECHO_PORT, host);
    connect({ host, port: CLOSED_PORT }).on('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      if (code === 'ECONNREFUSED') heard.tcp++;
    });
  };
  return { heard, again };
}

const asked = ask(address);
const known = ask(control);
setInterval(() => {
  if (known.heard.udp >= ENOUGH && known.heard.tcp >= ENOUGH) {
    const { name, tcp } = asked.heard;
    process.stdout.write(JSON.stringify({ udp: name || null, tcp: tcp > 0 }));
    process.exit(0);
  }
  asked.again();
  known.again();
}, 20);
