import { addressAfter, canonicalAddress, familyOf, formatEndpoint, fullPrefix, networkAddress } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Client } from './prediction.ts';

/** Clients as people write them: 192.0.2.7, 192.0.2.7:40000, [2001:db8::7]:40000, or all of 192.0.2.0/24. At most `limit` of
 *  them; the error says what was expected. */
export function clientsOf(word: string, limit: number): Result<Client[], string> {
  const bare = canonicalAddress(word);
  if (bare !== undefined) return ok([{ address: bare }]);
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(word) ?? [];
  const one = canonicalAddress(bracketed ?? plain ?? '');
  if (one !== undefined && Number(port) <= 65535) return ok([{ address: one, port: Number(port) }]);
  const [, network = '', digits = ''] = /^(.+)\/(\d{1,3})$/.exec(word) ?? [];
  const address = canonicalAddress(network);
  if (address === undefined || Number(digits) > fullPrefix(familyOf(address)))
    return err(`expected a client such as 192.0.2.7, 192.0.2.7:40000 or 192.0.2.0/24, got "${word}"`);
  const size = 2 ** (fullPrefix(familyOf(address)) - Number(digits));
  if (size > limit) return err(`${word} has more than ${limit} clients`);
  const first = networkAddress(address, Number(digits));
  return ok(Array.from({ length: size }, (_, i) => ({ address: addressAfter(first, i) })));
}

export const clientInWords = ({ address, port }: Client): string =>
  port === undefined ? address : formatEndpoint(address, port);
