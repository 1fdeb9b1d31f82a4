import { serviceFamily, type VirtualService } from '../model/service.ts';
import { availablePlaces, type Candidate, type HashPick, nameOf, obstacle } from './candidate.ts';
import { dhPick, dhTable } from './dh.ts';
import { fold } from './fold.ts';
import { mhPick, mhSlots, mhTable, shareWeight } from './mh.ts';
import { type Client, hasFlag, namesOf, type Prediction, type PredictorMaker, taken } from './prediction.ts';
import { shPick, shTable } from './sh.ts';

type Lookup = (folded: number, port: number, fallback: boolean) => HashPick;

/** From the cell a client hashes to, over the fallback steps, to the server. `cell` names the table's cells. */
function inWords(candidates: readonly Candidate[], pick: HashPick, cell: string, fallback: boolean): Prediction {
  const holder = candidates[pick.holder];
  if (holder === undefined) {
    return {
      kind: 'refused',
      why: 'no destination of the service ever had a weight, so the kernel refuses the connection',
    };
  }
  const first = `${cell} ${pick.cell} belongs to ${nameOf(holder)}`;
  if (pick.tries === 0 && pick.chosen >= 0) return taken(candidates, pick.chosen, first);
  const blocked = `${first}, which ${obstacle(holder)}`;
  if (!fallback)
    return { kind: 'refused', why: `${blocked}; without the fallback flag the kernel refuses the connection` };
  if (pick.chosen < 0)
    return { kind: 'refused', why: `${blocked}, and fallback found no available destination either` };
  const step = `fallback try ${pick.tries} is ${cell} ${pick.usedCell} of ${nameOf(candidates[pick.chosen])}`;
  return taken(candidates, pick.chosen, `${blocked}; ${step}`);
}

/** sh and mh: the client's address decides, with the port flag its port too. */
function byClient(service: VirtualService, candidates: readonly Candidate[], cell: string, pick: Lookup) {
  const usesPort = hasFlag(service, 'flag-2');
  const fallback = hasFlag(service, 'flag-1');
  const family = serviceFamily(service.id);
  return (client: Client): Prediction => {
    if (usesPort && client.port === undefined) {
      const candidatesNow = availablePlaces(candidates);
      const why = `the port flag is set, so the client's source port decides between ${namesOf(candidates, candidatesNow)}`;
      return { kind: 'unpredictable', why: `${why}; name a port`, candidates: candidatesNow };
    }
    const hashed = pick(fold(client.address, family), usesPort ? (client.port ?? 0) : 0, fallback);
    return inWords(candidates, hashed, cell, fallback);
  };
}

export const sourceHash: PredictorMaker = (service, candidates, sizes) => {
  const cells = shTable(candidates, sizes.shBits);
  return byClient(service, candidates, 'source-hash bucket', (folded, port, fallback) =>
    shPick(cells, candidates, folded, port, fallback),
  );
};

export const maglev: PredictorMaker = (service, candidates, sizes) => {
  const cells = mhTable(candidates, serviceFamily(service.id), sizes.mhIndex);
  if (cells !== null) {
    return byClient(service, candidates, 'Maglev slot', (folded, port, fallback) =>
      mhPick(cells, candidates, folded, port, fallback),
    );
  }
  const unknown = candidates.find((candidate) => shareWeight(candidate) === undefined);
  const why = unknown
    ? `${nameOf(unknown)} has weight 0 and the weight it had before, which sizes its share of the Maglev table, is not known`
    : `${candidates.length} destinations do not fit into ${mhSlots(sizes.mhIndex)} Maglev slots: the kernel keeps the table it had`;
  return () => ({ kind: 'unpredictable', why, candidates: availablePlaces(candidates) });
};

/** dh: the packet's destination decides, which for an address service is the virtual address and so always the same. */
export const destinationHash: PredictorMaker = (service, candidates, sizes) => {
  const { id } = service;
  if (id.kind === 'fwmark') {
    const why = 'the address the packet goes to decides, and a firewall mark takes packets to any address';
    return () => ({ kind: 'unpredictable', why, candidates: availablePlaces(candidates) });
  }
  const hashed = dhPick(dhTable(candidates, sizes.dhBits), candidates, fold(id.address, serviceFamily(id)));
  const prediction = inWords(candidates, hashed, 'destination-hash bucket', false);
  return () => prediction;
};
