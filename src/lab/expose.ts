import net, { type Server } from 'node:net';
import { type Connector, dial } from './client.ts';
import { CHANNEL, encodeData, encodeFrame } from './frames.ts';
import type { Expose } from './topology.ts';

/** Opens a port of 127.0.0.1 for each exposed address; connections go through the agent, so no driver has to touch this
 *  machine's network for it. */
export async function openExposed(entries: readonly Expose[], connect: Connector) {
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  for (const entry of entries) {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (visitor) => {
      visitor.on('error', () => {});
      dial(connect, entry.address, entry.port).then(
        (call) => {
          call.stdout.pipe(visitor);
          call.socket.once('close', () => visitor.destroySoon());
          visitor.on('data', (chunk: Buffer) => {
            let room = true;
            for (const frame of encodeData(CHANNEL.data, chunk)) room = call.socket.write(frame);
            if (!room) {
              visitor.pause();
              call.socket.once('drain', () => visitor.resume());
            }
          });
          visitor.once('end', () => call.socket.write(encodeFrame(CHANNEL.data, Buffer.alloc(0))));
          visitor.once('close', () => call.socket.destroy());
        },
        () => visitor.resetAndDestroy(),
      );
    });
    server.unref();
    servers.push(server);
    ports[entry.name] = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  }
  return {
    ports: ports as Readonly<Record<string, number>>,
    close() {
      for (const server of servers) server.close();
    },
  };
}
