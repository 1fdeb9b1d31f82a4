import { formatEndpoint } from '../base/ip.ts';
import type { CheckOf } from '../config/checks/index.ts';
import type { ServicePath } from '../model/desired.ts';
import { bad, good } from './kind.ts';
import { type NativeKind, wordFor } from './native.ts';

/** What is asked when the path is that of a service: the address that the server has to answer for. */
type SynCheck = CheckOf<'syn'> & { readonly service?: ServicePath };

/** A SYN, answered. No connection comes of it. */
export const syn: NativeKind<'syn'> = {
  question: (_target, { service }: SynCheck) => ({
    kind: 'syn',
    ...(service && { carrier: service.carrier, service: service.address }),
  }),
  finding({ address, port }, { service }: SynCheck, answer) {
    const { ending } = answer;
    const about = service && formatEndpoint(service.address, port);
    const asked = about === undefined ? `SYN to ${formatEndpoint(address, port)}` : `SYN for ${about} to ${address}`;
    if (ending === 'connected')
      return good(
        'connect',
        'answered',
        about === undefined ? `${asked} was answered` : `${address} answered for ${about}`,
      );
    const outcome = wordFor(answer);
    if (service && outcome === 'time-exceeded')
      return bad('connect', outcome, `${address} does not hold ${service.address}: it passed on a SYN for ${about}`)
        .finding;
    if (outcome !== 'timeout') return bad('connect', outcome, `${asked}: ${outcome}`).finding;
    return bad(
      'connect',
      outcome,
      about === undefined ? `${asked} got no answer` : `${address} did not answer for ${about}`,
    ).finding;
  },
};
