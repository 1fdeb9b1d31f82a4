/** What travels between a lab and those who use it: length-prefixed frames on one stream per request.
 *
 *      u32 length (of what follows)   u8 channel   payload
 *
 *  Bounded, so that a stranger on the port cannot make either side allocate. */
export const FRAME_LIMIT = 1 << 20;

export const CHANNEL = { control: 0, data: 1, error: 2 } as const;
export type Channel = (typeof CHANNEL)[keyof typeof CHANNEL];

export interface Frame {
  readonly channel: Channel;
  readonly payload: Buffer;
}

/** An empty payload on the data channel means: nothing more will come in this direction. */
export function encodeFrame(channel: Channel, payload: Uint8Array): Buffer {
  if (payload.length + 1 > FRAME_LIMIT) throw new RangeError(`a frame holds at most ${FRAME_LIMIT - 1} bytes`);
  const frame = Buffer.allocUnsafe(payload.length + 5);
  frame.writeUInt32BE(payload.length + 1, 0);
  frame.writeUInt8(channel, 4);
  frame.set(payload, 5);
  return frame;
}

export const encodeControl = (message: unknown): Buffer =>
  encodeFrame(CHANNEL.control, Buffer.from(JSON.stringify(message)));

/** Cuts bytes into frames that fit the limit. */
export function* encodeData(channel: Channel, bytes: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    yield encodeFrame(channel, bytes.subarray(start, start + 65_536));
  }
}

/** Puts frames together again from chunks of any size. Throws on a frame that breaks the rules; the stream is then
 *  of no use any more. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): Frame[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32BE(0);
      if (length < 1 || length > FRAME_LIMIT) throw new RangeError(`frame of ${length} bytes refused`);
      if (this.#pending.length < 4 + length) break;
      const channel = this.#pending.readUInt8(4);
      if (channel !== CHANNEL.control && channel !== CHANNEL.data && channel !== CHANNEL.error) {
        throw new RangeError(`unknown frame channel ${channel}`);
      }
      frames.push({ channel, payload: this.#pending.subarray(5, 4 + length) });
      this.#pending = this.#pending.subarray(4 + length);
    }
    return frames;
  }

  /** Bytes of a frame that has not come in full yet. */
  get buffered(): number {
    return this.#pending.length;
  }
}
