import { z } from 'zod';
import { parseDuration } from '../base/duration.ts';
import { canonicalAddress, familyOf, fullPrefix } from '../base/ip.ts';
import { PROTOCOLS, type Protocol, type VirtualServiceId } from '../model/service.ts';

/** The kinds of value a setting can have. Each reads its text form once and gives the program's form. */

const issue = (ctx: z.RefinementCtx, message: string): never => {
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
};

/** `500ms`, `2s`, `5m` → milliseconds, inclusive bounds also in milliseconds. */
export const duration = (minMs: number, maxMs: number) =>
  z.string().transform((text, ctx) => {
    const parsed = parseDuration(text);
    if (!parsed.ok) return issue(ctx, parsed.error);
    if (parsed.value < minMs || parsed.value > maxMs) {
      return issue(ctx, `expected between ${minMs} ms and ${maxMs} ms, got ${parsed.value} ms`);
    }
    return parsed.value;
  });

export const address = z.string().transform((text, ctx) => {
  return canonicalAddress(text) ?? issue(ctx, `expected an IPv4 or IPv6 address, got "${text}"`);
});

/** `10.0.0.100/24`; without a prefix the full one. */
export const addressWithPrefix = z.string().transform((text, ctx) => {
  const [left = '', right, ...rest] = text.split('/');
  const canonical = canonicalAddress(left);
  if (canonical === undefined || rest.length > 0)
    return issue(ctx, `expected an address such as 10.0.0.100/24, got "${text}"`);
  const longest = fullPrefix(familyOf(canonical));
  const prefix = right === undefined ? longest : Number(right);
  if (!/^\d+$/.test(right ?? '0') || prefix > longest)
    return issue(ctx, `expected a prefix of 0 to ${longest}, got "${right}"`);
  return { address: canonical, prefix };
});

const LISTENER = /^([a-z0-9]+):\/\/(.+)$/;

/** `tcp://10.0.0.100:80`, `udp://[2001:db8::1]:53`, `sctp://...`, `fwmark://7`, `fwmark6://7`. */
export const listener = z.string().transform((text, ctx): VirtualServiceId => {
  const [, scheme = '', rest = ''] = LISTENER.exec(text) ?? [];
  if (scheme === 'fwmark' || scheme === 'fwmark6') {
    const mark = Number(rest);
    if (!/^\d+$/.test(rest) || mark < 1 || mark > 0xffffffff)
      return issue(ctx, `expected a firewall mark of 1 to 4294967295, got "${rest}"`);
    return { kind: 'fwmark', mark, family: scheme === 'fwmark' ? 'inet' : 'inet6' };
  }
  if (!PROTOCOLS.includes(scheme as Protocol)) {
    return issue(
      ctx,
      `expected a listener such as tcp://10.0.0.100:80, udp://[2001:db8::1]:53 or fwmark://7, got "${text}"`,
    );
  }
  const [, bracketed, plain, portText = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(rest) ?? [];
  const canonical = canonicalAddress(bracketed ?? plain ?? '');
  const port = Number(portText);
  if (
    canonical === undefined ||
    portText === '' ||
    port > 65535 ||
    (bracketed !== undefined) !== canonical.includes(':')
  ) {
    return issue(ctx, `expected ADDRESS:PORT or [IPV6]:PORT after ${scheme}://, got "${rest}"`);
  }
  return { kind: 'address', protocol: scheme as Protocol, address: canonical, port };
});

export const port = z.int().min(1).max(65535);

/** Names appear in paths of the API and in metrics' labels. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'expected 1 to 63 letters, digits, ".", "_" or "-", starting with a letter or digit',
  );

/** `200`, `"200-299"`, or a list of them → inclusive ranges. */
export const statusRanges = z
  .union([z.int(), z.string(), z.array(z.union([z.int(), z.string()])).min(1)])
  .transform((value, ctx): (readonly [number, number])[] => {
    const ranges: (readonly [number, number])[] = [];
    for (const item of Array.isArray(value) ? value : [value]) {
      const [, from = '', to] = /^(\d{3})(?:-(\d{3}))?$/.exec(String(item)) ?? [];
      const range = [Number(from), Number(to ?? from)] as const;
      if (from === '' || range[0] < 100 || range[1] > 599 || range[0] > range[1])
        return issue(ctx, `expected a status such as 200 or 200-399, got "${item}"`);
      ranges.push(range);
    }
    return ranges;
  });
