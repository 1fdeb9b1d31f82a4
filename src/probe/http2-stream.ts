import { Duplex } from 'node:stream';
import type { Channel } from './channel.ts';
import { bad } from './kind.ts';

/** RFC 9113 3.4, 4.1, 6.8. */
const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const GOAWAY = 7;

/** A channel as Node.js wants it for HTTP/2. The channel's limits hold for what nobody counts there: frames beside the
 *  answer. And a server that broke the protocol ends the exchange: Node.js tells that server (GOAWAY) and nobody else, and
 *  waits for it to close. */
export function streamOf(channel: Channel, asked: string): Duplex {
  const complaint = complaints();
  return new Duplex({
    read() {
      channel.part(asked).then(
        (part) => this.push(part.length === 0 ? null : part),
        (error: Error) => this.destroy(error),
      );
    },
    write(data: Buffer, _encoding, done) {
      channel.send(data);
      const wrong = complaint(data);
      done(wrong === null ? null : bad('response', 'not-http', `${asked} answered what is no HTTP/2 (${wrong})`));
    },
  });
}

/** Takes what we send, piece by piece, and answers why a server was told to go away, once it was. */
function complaints(): (sent: Buffer) => string | null {
  let held: Buffer = Buffer.alloc(0);
  let skip = PREFACE_BYTES;
  return (sent) => {
    held = Buffer.concat([held, sent]);
    for (;;) {
      const skipped = Math.min(skip, held.length);
      held = held.subarray(skipped);
      skip -= skipped;
      if (skip > 0 || held.length < HEAD_BYTES) return null;
      const size = HEAD_BYTES + held.readUIntBE(0, 3);
      if (held[3] === GOAWAY && held.length < size) return null;
      if (held[3] === GOAWAY && size >= HEAD_BYTES + 8) {
        const code = held.readUInt32BE(HEAD_BYTES + 4);
        if (code !== 0) return held.subarray(HEAD_BYTES + 8, size).toString('latin1') || `error ${code}`;
      }
      skip = size;
    }
  };
}
