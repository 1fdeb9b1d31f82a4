import type { VirtualService } from '../model/service.ts';
import type { Candidate } from './candidate.ts';
import { policyOf } from './index.ts';
import {
  type Client,
  checkedClient,
  DEFAULT_SIZES,
  type Prediction,
  type Predictor,
  persistenceNote,
  type TableSizes,
} from './prediction.ts';

export type { Candidate } from './candidate.ts';
export type { Client, Prediction, Predictor, TableSizes } from './prediction.ts';

/** Source port of active FTP's data connections, which belong to a control connection or to nobody
 *  (net/netfilter/ipvs/ip_vs_core.c, ip_vs_schedule). */
const FTP_DATA = 20;

/** Builds the scheduler's table once, for many clients. `candidates` are in the scheduler's list order, newest added
 *  first, as a kernel dump has them. Addresses must be canonical. */
export function predictor(
  service: VirtualService,
  candidates: readonly Candidate[],
  sizes: TableSizes = DEFAULT_SIZES,
): Predictor {
  if (service.scheduler === 'none') {
    return () => ({ kind: 'refused', why: 'the service has no scheduler, so the kernel refuses new connections' });
  }
  const policy = policyOf(service.scheduler);
  if (candidates.length === 0) {
    return () => ({ kind: 'refused', why: 'the service has no destination, so the kernel refuses the connection' });
  }
  if (policy === undefined) {
    const why = `scheduler "${service.scheduler}" is not one Fairlead knows`;
    return () => ({ kind: 'unpredictable', why, candidates: candidates.map((_, index) => index) });
  }
  const ask = policy.predict(service, candidates, sizes);
  const note = persistenceNote(service);
  return (client) => {
    const checked = checkedClient(service, client);
    if (!checked.ok) return checked.error;
    if (client.port === FTP_DATA) {
      return { kind: 'refused', why: 'IPVS never schedules what comes from source port 20 (FTP data)' };
    }
    const prediction = ask(checked.value);
    return note === '' ? prediction : { ...prediction, why: prediction.why + note };
  };
}

/** Which destination the kernel gives a new connection of this client, and why. */
export const predict = (
  service: VirtualService,
  candidates: readonly Candidate[],
  client: Client,
  sizes: TableSizes = DEFAULT_SIZES,
): Prediction => predictor(service, candidates, sizes)(client);
