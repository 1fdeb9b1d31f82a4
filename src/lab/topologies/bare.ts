import type { Topology } from '../topology.ts';

export const bare: Topology = { name: 'bare', summary: 'just a kernel with IPVS', bridges: [], hosts: [], expose: [] };
