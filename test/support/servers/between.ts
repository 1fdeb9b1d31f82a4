import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a check and a server, and does something to the server's answers. Connections come about at once,
 *  whatever becomes of the answers. */
export interface Between {
  readonly port: number;
  /** Resolves once the server has answered something; what it answered may be on its way still. */
  readonly answered: Promise<void>;
  /** Bytes that the server has answered. */
  readonly bytes: () => number;
  close(): void;
}

/** What the client gets in place of a piece of an answer; pieces keep their order. `before`: bytes of this connection, or
 *  datagrams, that came earlier. */
export type Treatment = (piece: Buffer, before: number) => Treated | Promise<Treated>;

export interface Treated {
  readonly send: Buffer;
  /** The connection ends behind it. */
  readonly end?: boolean;
}

export const betweenTcp = (server: number, treat: Treatment): Promise<Between> =>
  stand(async (heard) => {
    const ends = new Set<Socket>();
    const listener = createServer((client) => {
      const upstream = connect(server, '127.0.0.1');
      for (const end of [client, upstream]) {
        ends.add(end);
        end.on('error', () => {});
      }
      // The server is left to answer even when nobody waits for it any more.
      client.on('data', (part) => upstream.write(part));
      client.on('end', () => upstream.end());
      let came = 0;
      let order: Promise<unknown> = Promise.resolve();
      upstream.on('data', (part) => {
        const before = came;
        came += part.length;
        order = order.then(async () => {
          const { send, end } = await treat(part, before);
          if (client.writable) client.write(send);
          if (end) client.end();
        });
        heard(part.length);
      });
      // A server that is not there is not there for the client either.
      upstream.on('close', () => void order.then(() => client.end()));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return {
      port: (listener.address() as AddressInfo).port,
      close() {
        for (const end of ends) end.destroy();
        listener.close();
      },
    };
  });

export const betweenUdp = (server: number, treat: Treatment): Promise<Between> =>
  stand(async (heard) => {
    const front = createSocket('udp4');
    const back = createSocket('udp4');
    let client: { port: number; address: string } | undefined;
    let came = 0;
    let open = true;
    front.on('message', (request, from) => {
      client = from;
      back.send(request);
    });
    back.on('error', () => {});
    back.on('message', async (answer) => {
      heard(answer.length);
      const { send } = await treat(answer, came++);
      if (client && open) front.send(send, client.port, client.address);
    });
    await new Promise<void>((resolve) => back.connect(server, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
    return {
      port: front.address().port,
      close() {
        open = false;
        front.close();
        back.close();
      },
    };
  });

async function stand(
  begin: (heard: (bytes: number) => void) => Promise<Pick<Between, 'port' | 'close'>>,
): Promise<Between> {
  let bytes = 0;
  let tell: () => void = () => {};
  const answered = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const { port, close } = await begin((more) => {
    bytes += more;
    tell();
  });
  return { port, answered, bytes: () => bytes, close };
}
