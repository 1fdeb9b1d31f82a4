import { type FairleadNode, type FairleadOptions, fairlead } from './fairlead.ts';
import { frr } from './frr.ts';
import { keepalived } from './keepalived.ts';
import type { MakeNode, NodeKind } from './node.ts';

export * from './node.ts';
export { type FairleadNode, type FairleadOptions, fairlead, frr, keepalived };

export const NODES: Readonly<Record<NodeKind, MakeNode>> = { keepalived, frr, fairlead };
