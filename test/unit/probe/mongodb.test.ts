import { describe, expect, test } from 'vitest';
import { decodeDocument, encodeDocument } from '../../../src/probe/bson.ts';
import { probe } from '../../support/probe/ask.ts';
import { tcpServer } from '../../support/probe/stub.ts';

// Debian has no MongoDB: a stub that shares no code with the check, its answer written out by hand from bsonspec.org.
const field = (type: number, name: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), value]);
const double = (n: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(n);
  return bytes;
};
const document = (...fields: Buffer[]): Buffer => {
  const body = Buffer.concat([...fields, Buffer.from([0])]);
  const length = Buffer.alloc(4);
  length.writeInt32LE(body.length + 4);
  return Buffer.concat([length, body]);
};
const HOSTS = field(4, 'hosts', document(field(2, '0', Buffer.from('\x04\0\0\0a:1\0', 'latin1'))));
const OK = field(1, 'ok', double(1));

/** Answers an OP_MSG with an OP_MSG. */
const mongod = (answer: Buffer) =>
  tcpServer((socket) =>
    socket.on('data', (request: Buffer) => {
      const head = Buffer.alloc(21);
      head.writeInt32LE(21 + answer.length, 0);
      head.writeInt32LE(77, 4);
      head.writeInt32LE(request.readInt32LE(4), 8);
      head.writeInt32LE(2013, 12);
      socket.write(Buffer.concat([head, answer]));
    }),
  );

describe('mongodb', () => {
  test('hello is answered, and the role is told', async () => {
    const primary = await mongod(document(HOSTS, field(8, 'isWritablePrimary', Buffer.from([1])), OK));
    expect(await probe('mongodb', primary)).toMatchObject({
      ok: true,
      evidence: expect.stringContaining('is primary'),
    });
    expect(await probe('mongodb', primary, { role: 'primary' })).toMatchObject({ ok: true });
    expect(await probe('mongodb', primary, { role: 'secondary' })).toMatchObject({
      ok: false,
      outcome: 'role-primary',
    });
    const secondary = await mongod(document(field(8, 'secondary', Buffer.from([1])), HOSTS, OK));
    expect(await probe('mongodb', secondary, { role: 'secondary' })).toMatchObject({ ok: true });
    const starting = await mongod(document(OK));
    expect(await probe('mongodb', starting, { role: 'primary' })).toMatchObject({ ok: false, outcome: 'role-neither' });
  });
  test('a refusal is told with its code', async () => {
    const refuses = await mongod(
      document(
        field(1, 'ok', double(0)),
        field(2, 'errmsg', Buffer.from('\x05\0\0\0no!!\0', 'latin1')),
        field(16, 'code', Buffer.from([13, 0, 0, 0])),
      ),
    );
    expect(await probe('mongodb', refuses)).toMatchObject({
      ok: false,
      outcome: 'error-13',
      evidence: expect.stringContaining('no!!'),
    });
  });
  test('documents are read as they were written', () => {
    expect(decodeDocument(encodeDocument({ hello: 1, $db: 'admin' }))).toEqual(
      new Map<string, unknown>([
        ['hello', 1],
        ['$db', 'admin'],
      ]),
    );
    expect(decodeDocument(Buffer.from([5, 0, 0, 0, 1]))).toBeNull();
  });
});
