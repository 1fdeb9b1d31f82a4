import { z } from 'zod';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { canonicalAddress, familyOf, fullPrefix } from '../base/ip.ts';
import { nearest } from '../base/nearest.ts';
import { PROTOCOLS, type Protocol, serviceKey, type VirtualServiceId } from '../model/service.ts';
import { parseNetmask } from './netmask.ts';

/** The kinds of value a setting can have. Each reads its text form once, gives the program's form, and can write it back. */

declare module 'zod' {
  interface GlobalMeta {
    /** Kind of value in one or two words, for the tables of the reference. */
    word?: string;
    /** Completes "expected ...". */
    expects?: string;
    /** Bounds in the form people write them, where the schema's own do not say it. */
    bounds?: string;
    /** Whether SIGHUP can apply a change; live when absent. */
    reload?: 'live' | 'restart';
  }
}

const refuse = (payload: z.core.ParsePayload, input: unknown, message: string, fix?: string): never => {
  payload.issues.push({ code: 'custom', input, message, ...(fix === undefined ? {} : { params: { fix } }) });
  return z.NEVER;
};

const DURATION_EXPECTED = 'a duration with its unit such as 500ms, 2s or 5m';

/** `5` → `5s`, `5 sec` → `5s`, `2min` → `2m`: what was probably meant by something that is no duration. */
function durationGuess(text: string): string | undefined {
  const [, number, word = 's'] =
    /^(\d+(?:\.\d+)?)\s*(ms|msec|millis\w*|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)?$/i.exec(text.trim()) ??
    [];
  if (number === undefined) return undefined;
  const unit = word.toLowerCase();
  return `${number}${/^(ms|milli)/.test(unit) ? 'ms' : unit[0]}`;
}

/** `500ms`, `2s`, `5m` ↔ milliseconds, inclusive bounds also in milliseconds. */
export const duration = (minMs: number, maxMs: number) => {
  const bounds = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  return z.codec(
    z.string().meta({ word: 'duration', expects: DURATION_EXPECTED, bounds, pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }),
    z.number(),
    {
      decode(text, payload) {
        const parsed = parseDuration(text);
        if (!parsed.ok) {
          const guess = durationGuess(text);
          return refuse(payload, text, `expected ${DURATION_EXPECTED}, got "${text}"`, guess && `write "${guess}"`);
        }
        if (parsed.value < minMs || parsed.value > maxMs)
          return refuse(payload, text, `expected a duration of ${bounds}, got "${text}"`);
        return parsed.value;
      },
      encode: formatDuration,
    },
  );
};

const ADDRESS_EXPECTED = 'an IPv4 or IPv6 address';

export const address = z.codec(z.string().meta({ word: 'address', expects: ADDRESS_EXPECTED }), z.string(), {
  decode(text, payload) {
    const canonical = canonicalAddress(text);
    if (canonical !== undefined) return canonical;
    const [, host = '', rest = ''] = /^\[?([^[\]/]+?)\]?((?::\d+)|(?:\/\d+))$/.exec(text) ?? [];
    const alone = canonicalAddress(host);
    const second = rest.startsWith(':') ? ` and port: ${rest.slice(1)}` : ' without a prefix length';
    return refuse(
      payload,
      text,
      `expected ${ADDRESS_EXPECTED}, got "${text}"`,
      alone && `write address: ${alone}${second}`,
    );
  },
  encode: (canonical) => canonical,
});

const PREFIX_EXPECTED = 'an address with its prefix such as 10.0.0.100/24';

/** `10.0.0.100/24`; without a prefix the full one. */
export const addressWithPrefix = z.codec(
  z.string().meta({ word: 'address/prefix', expects: PREFIX_EXPECTED }),
  z.object({ address: z.string(), prefix: z.number() }),
  {
    decode(text, payload) {
      const [left = '', right, ...rest] = text.split('/');
      const canonical = canonicalAddress(left);
      if (canonical === undefined || rest.length > 0)
        return refuse(payload, text, `expected ${PREFIX_EXPECTED}, got "${text}"`);
      const longest = fullPrefix(familyOf(canonical));
      const prefix = right === undefined ? longest : Number(right);
      if (!/^\d+$/.test(right ?? '0') || prefix > longest)
        return refuse(payload, text, `expected a prefix of 0 to ${longest}, got "${right}"`);
      return { address: canonical, prefix };
    },
    encode: ({ address: held, prefix }) => `${held}/${prefix}`,
  },
);

const LISTENER_EXPECTED = 'a listener such as tcp://10.0.0.100:80, udp://[2001:db8::1]:53 or fwmark://7';
const SCHEMES = [...PROTOCOLS, 'fwmark', 'fwmark6'];

const readMark = (text: string): number | undefined => {
  const mark = Number(text);
  return /^\d+$/.test(text) && mark >= 1 && mark <= 0xffffffff ? mark : undefined;
};

function readEndpoint(text: string): { address: string; port: number } | undefined {
  const [, bracketed, plain, portText = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text) ?? [];
  const canonical = canonicalAddress(bracketed ?? plain ?? '');
  const number = Number(portText);
  if (canonical === undefined || portText === '' || number > 65535) return undefined;
  return (bracketed !== undefined) === canonical.includes(':') ? { address: canonical, port: number } : undefined;
}

/** What was probably meant by a listener that cannot be read. */
function listenerGuess(scheme: string, rest: string): string | undefined {
  const meant = SCHEMES.includes(scheme) ? scheme : nearest(scheme, SCHEMES);
  if (meant === undefined) return undefined;
  if (meant.startsWith('fwmark')) return readMark(rest) === undefined ? undefined : `write "${meant}://${rest}"`;
  if (readEndpoint(rest) !== undefined) return `write "${meant}://${rest}"`;
  const unbracketed = rest.replace(/^([0-9a-f:]*:[0-9a-f:]*):(\d+)$/i, '[$1]:$2');
  if (unbracketed !== rest && readEndpoint(unbracketed) !== undefined) return `write "${meant}://${unbracketed}"`;
  const bare = canonicalAddress(rest.replace(/^\[|\]$/g, ''));
  if (bare === undefined) return undefined;
  return `add the port, such as "${meant}://${bare.includes(':') ? `[${bare}]` : bare}:80"`;
}

/** `tcp://10.0.0.100:80`, `udp://[2001:db8::1]:53`, `sctp://...`, `fwmark://7`, `fwmark6://7`. */
export const listener = z.codec(
  z.string().meta({ word: 'listener', expects: LISTENER_EXPECTED }),
  z.custom<VirtualServiceId>(),
  {
    decode(text, payload): VirtualServiceId {
      const [, scheme = '', rest = ''] = /^([^:/[\]]+):\/\/(.+)$/.exec(text) ?? ['', 'tcp', text];
      const known = text.startsWith(`${scheme}://`) && SCHEMES.includes(scheme);
      if (!known)
        return refuse(payload, text, `expected ${LISTENER_EXPECTED}, got "${text}"`, listenerGuess(scheme, rest));
      if (scheme === 'fwmark' || scheme === 'fwmark6') {
        const mark = readMark(rest);
        if (mark === undefined)
          return refuse(payload, text, `expected a firewall mark of 1 to 4294967295, got "${rest}"`);
        return { kind: 'fwmark', mark, family: scheme === 'fwmark' ? 'inet' : 'inet6' };
      }
      const endpoint = readEndpoint(rest);
      if (endpoint === undefined) {
        const message = `expected ADDRESS:PORT or [IPV6]:PORT after ${scheme}://, got "${rest}"`;
        return refuse(payload, text, message, listenerGuess(scheme, rest));
      }
      return { kind: 'address', protocol: scheme as Protocol, ...endpoint };
    },
    encode: serviceKey,
  },
);

export const port = z.int().min(1).max(65535);

/** Names appear in paths of the API and in metrics' labels. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
  .meta({
    word: 'name',
    expects: 'a name of 1 to 63 letters, digits, ".", "_" or "-" that starts with a letter or digit',
  });

export const absolutePath = z.string().startsWith('/').meta({ word: 'path', expects: 'a path that starts with /' });

export const text = z.string().min(1).meta({ word: 'text', expects: 'text that is not empty' });

export const command = z.array(text).meta({
  minItems: 1,
  description:
    'program and arguments, started without a shell: ["/usr/bin/x", "--flag"]; as root only if none but root can change it',
});

export const interfaceName = z
  .string()
  .regex(/^[^\s/]{1,15}$/)
  .meta({ word: 'name', expects: 'an interface name of 1 to 15 characters' });

/** A prefix length, or an IPv4 mask in dotted form. */
export const netmask = z.union([
  z.int().min(1).max(128),
  z
    .string()
    .refine((mask) => parseNetmask(mask) !== undefined, { abort: true })
    .meta({ word: 'IPv4 mask', expects: 'an IPv4 mask such as 255.255.255.0' }),
]);

export type StatusRanges = readonly (readonly [number, number])[];

const STATUS_EXPECTED = 'a status such as 200, "200-299", or a list of those';

/** `200`, `"200-299"`, or a list of them ↔ inclusive ranges. */
export const statusRanges = z.codec(
  z
    .union([z.int(), z.string(), z.array(z.union([z.int(), z.string()])).min(1)])
    .meta({ word: 'status', expects: STATUS_EXPECTED, bounds: '100 to 599' }),
  z.custom<StatusRanges>(),
  {
    decode(value, payload): StatusRanges {
      const ranges: (readonly [number, number])[] = [];
      for (const item of Array.isArray(value) ? value : [value]) {
        const [, from = '', to] = /^(\d{3})(?:-(\d{3}))?$/.exec(String(item)) ?? [];
        const range = [Number(from), Number(to ?? from)] as const;
        if (from === '' || range[0] < 100 || range[1] > 599 || range[0] > range[1])
          return refuse(payload, value, `expected a status such as 200 or 200-399, got "${item}"`);
        ranges.push(range);
      }
      return ranges;
    },
    encode: (ranges) => ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`)),
  },
);

/** One of several versions. YAML reads `1.0` as a number: with and without quotes it is the same ↔ its name. */
export const version = <const W extends readonly [string, ...string[]]>(words: W) =>
  z.codec(
    z
      .union([z.enum(words), z.literal(words.map(Number))])
      .meta({ word: words.map((word) => `\`${word}\``).join(', '), expects: `one of ${words.join(', ')}` }),
    z.enum(words),
    {
      decode: (given) => words.find((word) => word === given || Number(word) === given) ?? words[0],
      encode: (word) => word,
    },
  );

const ROUTE_EXPECTED = 'a network such as 10.1.0.0/16, or default';

/** `10.1.0.0/16`, `2001:db8::/32`, `default` ↔ address and prefix; null is default. */
export const routeTarget = z.codec(
  z.string().meta({ word: 'network', expects: ROUTE_EXPECTED }),
  z.union([z.null(), z.object({ address: z.string(), prefix: z.number() })]),
  {
    decode(written, payload) {
      if (written === 'default') return null;
      const network = addressWithPrefix.safeParse(written);
      return network.success ? network.data : refuse(payload, written, `expected ${ROUTE_EXPECTED}, got "${written}"`);
    },
    encode: (network) => (network === null ? 'default' : `${network.address}/${network.prefix}`),
  },
);

export const url = z
  .string()
  .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/)
  .meta({ word: 'URL', expects: 'a URL that starts with http:// or https://' });

const HEX_EXPECTED = 'text, or bytes such as 0x0a1b';

/** Text, or bytes behind 0x ↔ bytes in hexadecimal. */
export const bytes = z.codec(z.string().meta({ word: 'bytes', expects: HEX_EXPECTED }), z.string(), {
  decode(given, payload) {
    if (!given.startsWith('0x')) return [...new TextEncoder().encode(given)].map(hexOf).join('');
    const digits = given.slice(2).replace(/\s/g, '').toLowerCase();
    if (/^([0-9a-f]{2})*$/.test(digits)) return digits;
    return refuse(payload, given, `expected ${HEX_EXPECTED} with an even number of digits, got "${given}"`);
  },
  encode: written,
});

const PATTERN_EXPECTED = 'text, or bytes such as 0x0a?b, where ? is any digit';

/** As bytes, where a digit may be left open ↔ hexadecimal digits and `?`. */
export const bytePattern = z.codec(
  z.string().meta({ word: 'bytes', expects: PATTERN_EXPECTED }),
  z.object({ digits: z.string() }),
  {
    decode(given, payload) {
      if (!given.startsWith('0x')) return { digits: [...new TextEncoder().encode(given)].map(hexOf).join('') };
      const digits = given.slice(2).replace(/\s/g, '').toLowerCase();
      if (/^([0-9a-f?]{2})*$/.test(digits)) return { digits };
      return refuse(payload, given, `expected ${PATTERN_EXPECTED}, an even number of them, got "${given}"`);
    },
    encode: ({ digits }) => written(digits),
  },
);

/** As people write it: as text where it is printable, and cannot be taken for bytes. */
export function written(digits: string): string {
  if (!/^((0[9ad]|[2-6][0-9a-f]|7[0-9a-e])+)$/.test(digits)) return `0x${digits}`;
  const text = digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  return text.startsWith('0x') ? `0x${digits}` : text;
}

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0');
