import { createServer as createHttp2 } from 'node:http2';
import { createServer } from 'node:net';

/** Servers that Debian does not have, as programs of their own, so that they can be stopped as any other: `node stub.mjs NAME
 *  PORT`. They are written from the documents of their protocols and share nothing with the checks. */

/** A MongoDB primary (wire protocol, bsonspec.org): {isWritablePrimary: true, ok: 1.0}. @param {import('node:net').Socket} socket */
function mongod(socket) {
  socket.on('data', (request) => {
    const fields = '\x08isWritablePrimary\0\x01\x01ok\0\0\0\0\0\0\0\xf0\x3f\0';
    const answer = Buffer.alloc(21 + 4 + fields.length);
    answer.writeInt32LE(answer.length, 0);
    answer.writeInt32LE(7, 4);
    answer.writeInt32LE(request.readInt32LE(4), 8);
    answer.writeInt32LE(2013, 12);
    answer.writeInt32LE(4 + fields.length, 21);
    answer.write(fields, 25, 'latin1');
    socket.write(answer);
  });
}

/** An agent that says what it is told. @param {import('node:net').Socket} socket */
function agent(socket) {
  socket.once('data', (line) => void socket.end(line));
}

/** Health of a gRPC server: every service but "shop" is well (HealthCheckResponse.status 1 or 2). */
function grpc() {
  const server = createHttp2();
  server.on('stream', (stream) => {
    /** @type {Buffer[]} */
    const parts = [];
    stream.on('error', () => {});
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, Buffer.concat(parts).includes('shop') ? 2 : 1]));
    });
  });
  return server;
}

/** @param {(socket: import('node:net').Socket) => void} serve */
const plain = (serve) => () =>
  createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });

/** @type {Readonly<Record<string, () => import('node:net').Server>>} */
const STUBS = { mongod: plain(mongod), agent: plain(agent), grpc };

const [name = '', port] = process.argv.slice(2);
STUBS[name]?.().listen(Number(port), '127.0.0.1');
