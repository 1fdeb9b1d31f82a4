import { failure } from '../../base/errors.ts';
import type { Topology } from '../topology.ts';
import { bare } from './bare.ts';
import { directors } from './directors.ts';
import { pair } from './pair.ts';
import { routed } from './routed.ts';
import { web } from './web.ts';

export const TOPOLOGIES: readonly Topology[] = [web, pair, directors, routed, bare];

export function topologyNamed(name: string): Topology {
  const found = TOPOLOGIES.find((topology) => topology.name === name);
  if (found) return found;
  const present = TOPOLOGIES.map((topology) => topology.name).join(', ');
  throw failure('not-found', { kind: 'topology', name, present });
}
