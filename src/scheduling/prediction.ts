import { canonicalAddress, familyOf } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { SCHEDULER_FLAGS, serviceFamily, type VirtualService } from '../model/service.ts';
import { type Candidate, nameOf } from './candidate.ts';
import { DH_BITS } from './dh.ts';
import { MH_INDEX } from './mh.ts';
import { SH_BITS } from './sh.ts';

export interface Client {
  readonly address: string;
  /** Source port; needed where the scheduler hashes it. */
  readonly port?: number;
}

/** What a new connection would get. `index` is a place in the candidate list; `why` is for people. */
export type Prediction =
  | {
      readonly kind: 'destination';
      readonly index: number;
      readonly destination: Candidate;
      readonly why: string;
    }
  | { readonly kind: 'refused'; readonly why: string }
  /** It hangs on what is not known here. `candidates` are the places that may be taken; `next` is the one that would be
   *  taken now, where the open connections were given. */
  | {
      readonly kind: 'unpredictable';
      readonly why: string;
      readonly candidates: readonly number[];
      readonly next?: number;
    };

/** Sizes of the kernel's tables, set when it was built and not readable while it runs (/boot/config-* tells). */
export interface TableSizes {
  readonly shBits: number;
  readonly mhIndex: number;
  readonly dhBits: number;
}

export const DEFAULT_SIZES: TableSizes = { shBits: SH_BITS, mhIndex: MH_INDEX, dhBits: DH_BITS };

/** A scheduler with its table built: answers for one client after another. */
export type Predictor = (client: Client) => Prediction;
export type PredictorMaker = (
  service: VirtualService,
  candidates: readonly Candidate[],
  sizes: TableSizes,
) => Predictor;

export const taken = (candidates: readonly Candidate[], index: number, why: string): Prediction => {
  const destination = candidates[index];
  return destination === undefined
    ? { kind: 'refused', why: 'the service has no available destination, so the kernel refuses the connection' }
    : { kind: 'destination', index, destination, why };
};

/** Up to five names, so that a service with thousands of destinations stays readable. */
export function namesOf(candidates: readonly Candidate[], places: readonly number[]): string {
  const names = places.slice(0, 5).map((place) => nameOf(candidates[place]));
  return places.length > 5 ? `${names.join(', ')} and ${places.length - 5} more` : names.join(', ');
}

export const hasFlag = (service: VirtualService, flag: keyof typeof SCHEDULER_FLAGS): boolean =>
  (service.schedulerFlags & SCHEDULER_FLAGS[flag]) !== 0;

/** The client with its address in canonical form, or why it cannot reach the service at all. */
export function checkedClient(service: VirtualService, client: Client): Result<Client, Prediction> {
  const address = canonicalAddress(client.address);
  if (address === undefined) return err({ kind: 'refused', why: `"${client.address}" is not an address` });
  const family = serviceFamily(service.id);
  if (familyOf(address) === family) return ok({ ...client, address });
  const words = { inet: 'IPv4', inet6: 'IPv6' };
  return err({
    kind: 'refused',
    why: `${client.address} is an ${words[familyOf(address)]} address and the service takes ${words[family]} only`,
  });
}

/** What persistence changes about any prediction; empty when the service has none. */
export const persistenceNote = (service: VirtualService): string =>
  service.persistence === null
    ? ''
    : `; this holds for a first connection: a client that came in the last ${service.persistence.timeoutS} s` +
      ' is persistent and keeps its server';
