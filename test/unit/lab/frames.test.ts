import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { CHANNEL, encodeControl, encodeData, encodeFrame, FRAME_LIMIT, FrameReader } from '../../../src/lab/frames.ts';
import { PROTOCOL, readRequest } from '../../../src/lab/protocol.ts';

const channel = fc.constantFrom(CHANNEL.control, CHANNEL.data, CHANNEL.error);
const frames = fc.array(fc.record({ channel, payload: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 20 });

describe('frames', () => {
  test.prop([frames, fc.infiniteStream(fc.integer({ min: 1, max: 97 }))])(
    'come out as they went in, however the stream is cut',
    (sent, sizes) => {
      const stream = Buffer.concat(sent.map(({ channel, payload }) => encodeFrame(channel, payload)));
      const reader = new FrameReader();
      const got = [];
      for (let start = 0; start < stream.length; ) {
        const size: number = sizes.next().value ?? 1;
        got.push(...reader.push(stream.subarray(start, start + size)));
        start += size;
      }
      expect(got.map(({ channel, payload }) => ({ channel, payload: [...payload] }))).toEqual(
        sent.map(({ channel, payload }) => ({ channel, payload: [...payload] })),
      );
      expect(reader.buffered).toBe(0);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 4000 })])(
    'from a stranger are read or refused, never kept without bound',
    (noise) => {
      const reader = new FrameReader();
      try {
        reader.push(noise);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(reader.buffered).toBeLessThanOrEqual(FRAME_LIMIT + 4);
    },
  );

  test('that claim too much, nothing, or an unknown channel are refused', () => {
    const header = (length: number, kind: number) =>
      Buffer.from([length >>> 24, length >>> 16, length >>> 8, length, kind]);
    for (const bad of [header(FRAME_LIMIT + 1, 0), header(0, 0), header(0xffffffff, 0), header(1, 3)]) {
      expect(() => new FrameReader().push(bad)).toThrow(RangeError);
    }
  });

  test('of data stay below the limit, whatever its size', () => {
    const parts = [...encodeData(CHANNEL.data, Buffer.alloc(3 * FRAME_LIMIT))];
    const reader = new FrameReader();
    const total = parts.flatMap((part) => reader.push(part)).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(total).toBe(3 * FRAME_LIMIT);
  });
});

describe('requests', () => {
  const parse = (message: unknown) => readRequest(encodeControl(message).subarray(5));

  test.each([
    { op: 'exec', host: 'client', argv: ['true'], env: { A: 'b' }, cwd: '/tmp' },
    { op: 'connect', address: '10.0.2.100', port: 80 },
    { op: 'process', host: 'web1', process: 'nginx', action: 'kill' },
    { op: 'info' },
  ])('of kind $op are understood', (request) => {
    expect(parse({ v: PROTOCOL, ...request })).toEqual(request);
  });

  test.each([
    [{ v: 99, op: 'info' }, 'protocol 99'],
    [{ v: PROTOCOL, op: 'exec', host: 'client', argv: [] }, 'exec'],
    [{ v: PROTOCOL, op: 'exec', host: 'client', argv: ['x', 1] }, 'exec'],
    [{ v: PROTOCOL, op: 'exec', host: 'client', argv: ['x'], env: { A: 1 } }, 'env'],
    [{ v: PROTOCOL, op: 'process', host: 'a', process: 'b', action: 'eat' }, 'process'],
    [{ v: PROTOCOL, op: 'format' }, 'format'],
  ])('with mistakes are refused: %j', (request, words) => {
    expect(parse(request)).toEqual({ wrong: expect.stringContaining(words) });
  });

  test.prop([fc.string()])('that are no JSON are refused', (text) => {
    const result = readRequest(Buffer.from(`{${text}`));
    expect(result).toHaveProperty('wrong');
  });
});
