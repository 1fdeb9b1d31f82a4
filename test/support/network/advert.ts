/** An advert as the witness saw it, read by a few lines that share nothing with what they test. */
export interface SeenAdvert {
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMs: number;
  /** The first 48 bytes. */
  readonly hex: string;
}

type Raw = Pick<SeenAdvert, 'source' | 'destination' | 'ttl' | 'hex'>;

export function decodeAdvert(raw: Raw): SeenAdvert {
  const [first = 0, vrid = 0, priority = 0, , high = 0, low = 0] = Buffer.from(raw.hex, 'hex');
  const version = first >> 4;
  const intervalMs = version === 2 ? low * 1000 : (((high & 0x0f) << 8) | low) * 10;
  return { ...raw, version, vrid, priority, intervalMs };
}

/** What a forged advert is made of; every field can be wrong on purpose. */
export interface Forged {
  readonly version?: number;
  readonly type?: number;
  readonly vrid: number;
  readonly priority: number;
  /** Seconds in version 2, hundredths in version 3: as on the wire. */
  readonly interval: number;
  readonly addresses: readonly string[];
  /** When it shall not be that of the addresses. */
  readonly count?: number;
  readonly authentication?: { readonly type: number; readonly data: string };
  /** Added to a right checksum. */
  readonly spoil?: number;
  /** Of the pseudo-header. */
  readonly source: string;
  readonly destination: string;
}

/** The bytes of an advert; the checksum is right, with the pseudo-header in version 3, unless it is to be spoilt. */
export function forge(advert: Forged): Buffer {
  const { version = 3, type = 1, vrid, priority, interval, addresses, count = addresses.length, spoil = 0 } = advert;
  const six = advert.destination.includes(':');
  const { authentication = { type: 0, data: '' } } = advert;
  const timing = version === 2 ? [authentication.type, interval] : [(interval >> 8) & 0x0f, interval & 0xff];
  const trailer =
    version === 2 ? Buffer.from(authentication.data.padEnd(8, '\0').slice(0, 8), 'latin1') : Buffer.alloc(0);
  const body = Buffer.concat([
    Buffer.from([(version << 4) | type, vrid, priority, count, ...timing, 0, 0]),
    ...addresses.map(addressBytes),
    trailer,
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const ends = [addressBytes(advert.source), addressBytes(advert.destination)];
  const pseudo = six
    ? Buffer.concat([...ends, length, Buffer.from([0, 0, 0, 112])])
    : Buffer.concat([...ends, Buffer.from([0, 112, length[2] ?? 0, length[3] ?? 0])]);
  const sum = checksum(version === 2 ? body : Buffer.concat([pseudo, body]));
  body.writeUInt16BE((sum + spoil) & 0xffff, 6);
  return body;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An address in network order. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(head), words(tail ?? '')];
  const all = [
    ...front,
    ...new Array<number>(tail === undefined ? 0 : 8 - front.length - back.length).fill(0),
    ...back,
  ];
  const bytes = Buffer.alloc(16);
  all.forEach((word, index) => void bytes.writeUInt16BE(word, index * 2));
  return bytes;
}
