/** As much of BER (X.690) as LDAP needs to bind. */

/** One value; lengths below 64 KiB. */
export function element(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Bytes of all of it. */
  readonly size: number;
}

/** The value at the beginning; null: more bytes are needed; undefined: this is no BER that we could read. */
export function readElement(bytes: Buffer): Element | null | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return null;
  const more = first < 128 ? 0 : first - 128;
  if (first === 128 || more > 4) return undefined;
  if (bytes.length < 2 + more) return null;
  const length = more === 0 ? first : bytes.readUIntBE(2, more);
  const from = 2 + more;
  if (bytes.length < from + length) return null;
  return { tag, content: bytes.subarray(from, from + length), size: from + length };
}

/** The values that lie one behind the other; undefined: something else does. */
export function readAll(bytes: Buffer): Element[] | undefined {
  const found: Element[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const next = readElement(rest);
    if (!next) return undefined;
    found.push(next);
    rest = rest.subarray(next.size);
  }
  return found;
}
