/** As much of BSON (bsonspec.org) as a command and its answer need: the plain values at the top of a document. */
const TYPE = {
  double: 1,
  text: 2,
  document: 3,
  array: 4,
  binary: 5,
  objectId: 7,
  boolean: 8,
  date: 9,
  nothing: 10,
  int32: 16,
  timestamp: 17,
  int64: 18,
};

export type Plain = number | string | boolean;

export function encodeDocument(values: Readonly<Record<string, number | string>>): Buffer {
  const parts = Object.entries(values).map(([name, value]) => {
    const body = Buffer.alloc(4);
    if (typeof value === 'number') {
      body.writeInt32LE(value);
      return Buffer.concat([Buffer.from([TYPE.int32]), Buffer.from(`${name}\0`), body]);
    }
    const text = Buffer.from(`${value}\0`);
    body.writeInt32LE(text.length);
    return Buffer.concat([Buffer.from([TYPE.text]), Buffer.from(`${name}\0`), body, text]);
  });
  const all = Buffer.concat([...parts, Buffer.from([0])]);
  const length = Buffer.alloc(4);
  length.writeInt32LE(all.length + 4);
  return Buffer.concat([length, all]);
}

/** Numbers, texts and booleans by name; other values are stepped over. Null for what is no document. */
export function decodeDocument(bytes: Buffer): ReadonlyMap<string, Plain> | null {
  if (bytes.length < 5 || bytes.readInt32LE(0) !== bytes.length || bytes[bytes.length - 1] !== 0) return null;
  const found = new Map<string, Plain>();
  let at = 4;
  while (at < bytes.length - 1) {
    const type = bytes[at] ?? 0;
    const end = bytes.indexOf(0, at + 1);
    if (end < 0) return null;
    const name = bytes.subarray(at + 1, end).toString('utf8');
    const size = sizeOf(bytes, type, end + 1);
    if (size === null || end + 1 + size > bytes.length - 1) return null;
    const value = plain(bytes.subarray(end + 1, end + 1 + size), type);
    if (value !== undefined) found.set(name, value);
    at = end + 1 + size;
  }
  return found;
}

function sizeOf(bytes: Buffer, type: number, at: number): number | null {
  const counted = (): number => {
    const length = at + 4 > bytes.length ? -1 : bytes.readInt32LE(at);
    return length < 0 ? Number.POSITIVE_INFINITY : length;
  };
  switch (type) {
    case TYPE.double:
    case TYPE.date:
    case TYPE.timestamp:
    case TYPE.int64:
      return 8;
    case TYPE.text:
      return 4 + counted();
    case TYPE.document:
    case TYPE.array:
      return Math.max(5, counted());
    case TYPE.binary:
      return 5 + counted();
    case TYPE.objectId:
      return 12;
    case TYPE.boolean:
      return 1;
    case TYPE.nothing:
      return 0;
    case TYPE.int32:
      return 4;
    default:
      return null;
  }
}

function plain(bytes: Buffer, type: number): Plain | undefined {
  if (type === TYPE.double) return bytes.readDoubleLE(0);
  if (type === TYPE.int32) return bytes.readInt32LE(0);
  if (type === TYPE.int64) return Number(bytes.readBigInt64LE(0));
  if (type === TYPE.boolean) return bytes[0] === 1;
  if (type === TYPE.text) return bytes.subarray(4, Math.max(4, bytes.length - 1)).toString('utf8');
  return undefined;
}
