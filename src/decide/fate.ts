import type { Desired, DesiredServer, Target, TargetService } from '../model/desired.ts';
import type { KernelDump, ObservedService } from '../model/observed.ts';
import { type Destination, destinationKey, serviceKey } from '../model/service.ts';
import type { Candidate } from '../scheduling/candidate.ts';
import { type Churn, churn, type Layout } from '../scheduling/churn.ts';
import { representatives } from '../scheduling/representatives.ts';
import { familyFits } from './desire.ts';
import { destinationOf } from './gate.ts';
import { serviceDifference } from './words.ts';

/** What becomes of one listener's clients. Shares are fractions, 0 to 1. */
export interface Fate {
  readonly service: string;
  /** `tcp://10.0.0.100:80` */
  readonly listener: string;
  /** What changes: `removing 10.0.0.12:80, adding 10.0.0.13:80`. */
  readonly change: string;
  /** Of all clients, those whose server leaves or takes nothing any more. */
  readonly left: number;
  /** Of the others, those who get another server nevertheless. */
  readonly others: number;
  /** Of all clients, those who are refused afterwards. */
  readonly refused: number;
}

/** The schedulers whose choice can be told for every client. */
const TOLD: ReadonlySet<string> = new Set(['sh', 'mh', 'dh']);

/** Which clients get another server when the kernel goes from `dump` to `target`, listener by listener, worked out as one
 *  asks for the next (mh: some 80 ms each). Where nothing changes or nobody can tell, nothing comes. `target` is what gate()
 *  gives: the end, not the drain on the way to it. */
export function* clientFates(target: Target, dump: KernelDump, desired: Desired): Generator<Fate> {
  const present = new Map(dump.services.map((entry) => [serviceKey(entry.service.id), entry]));
  const wanted = new Map(desired.services.map((service) => [service.name, service]));
  for (const entry of target.services) {
    const listener = serviceKey(entry.service.id);
    const observed = present.get(listener);
    if (!observed || !TOLD.has(entry.service.scheduler)) continue;
    const before = layoutBefore(observed, weightsOf(entry, wanted.get(entry.name)?.servers ?? []));
    const after = layoutAfter(entry, before.candidates);
    const change = changeInWords(before, after);
    if (change === '') continue;
    const found = churn(before, after, representatives(entry.service));
    if (found) yield { service: entry.name, listener, change, ...shares(found) };
  }
}

/** `web tcp://10.0.0.100:80: removing 10.0.0.12:80 moves 10.1% of clients; 0.6% of others`. */
export function fateInWords({ service, listener, change, left, others, refused }: Fate): string {
  const moves =
    left > 0 ? `${percent(left)} of clients; ${percent(others)} of others` : `${percent(others)} of clients`;
  const end = refused > 0 ? `; ${percent(refused)} are refused then` : '';
  return `${service} ${listener}: ${change} moves ${moves}${end}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const shares = ({ left, others, refused }: Churn): Pick<Fate, 'left' | 'others' | 'refused'> => ({
  left,
  others,
  refused,
});

/** The weights the file gives, by destination: what a server of weight 0 had before, as far as anyone knows. */
function weightsOf({ service: { id } }: TargetService, servers: readonly DesiredServer[]): ReadonlyMap<string, number> {
  return new Map(
    servers
      .filter((server) => familyFits(server, id) && server.weight > 0)
      .map((server) => [destinationKey(destinationOf(server, id, server.weight)), server.weight]),
  );
}

function layoutBefore({ service, destinations }: ObservedService, weights: ReadonlyMap<string, number>): Layout {
  const candidates = destinations.map((destination) => {
    const lastWeight = weights.get(destinationKey(destination));
    return candidateOf(destination, destination.weight === 0 ? lastWeight : undefined);
  });
  return { service, candidates };
}

function layoutAfter({ service, destinations }: TargetService, before: readonly Candidate[]): Layout {
  const held = new Map(before.map((candidate) => [destinationKey(candidate), candidate]));
  const candidates = destinations.map(({ destination }) => {
    const earlier = held.get(destinationKey(destination));
    const lastWeight = earlier ? earlier.weight || earlier.lastWeight : 0;
    return candidateOf(destination, destination.weight === 0 ? lastWeight : undefined);
  });
  return { service, candidates };
}

const candidateOf = ({ address, port, weight }: Destination, lastWeight: number | undefined): Candidate => ({
  address,
  port,
  weight,
  ...(lastWeight !== undefined && { lastWeight }),
});

function changeInWords(before: Layout, after: Layout): string {
  const old = new Map(before.candidates.map((candidate) => [destinationKey(candidate), candidate]));
  const kept = new Set(after.candidates.map(destinationKey));
  const removed = [...old.keys()].filter((key) => !kept.has(key));
  const added = [...kept].filter((key) => !old.has(key));
  const weights = after.candidates.flatMap((candidate) => {
    const key = destinationKey(candidate);
    const was = old.get(key)?.weight ?? candidate.weight;
    return was === candidate.weight ? [] : [`${key} weight ${was} -> ${candidate.weight}`];
  });
  const rest = [...old.keys()].filter((key) => kept.has(key));
  const order = [...kept].filter((key) => old.has(key));
  const parts = [
    listed('removing', removed),
    listed('adding', added),
    listed('changing', weights),
    serviceDifference(before.service, after.service),
    rest.join() === order.join() ? '' : 'another list order',
  ];
  return parts.filter(Boolean).join(', ');
}

const NAMED = 3;

function listed(verb: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${verb} ${names.slice(0, NAMED).join(', ')}${more}`;
}
