import type { InstanceSpec, NodeKind } from '../../test/support/network/nodes/index.ts';

/** What can happen to a master. */
export const FAULTS = {
  none: 'nothing: what the machine itself adds',
  sigterm: 'SIGTERM',
  'kill-all': 'SIGKILL of everything',
  'kill-main': 'SIGKILL of the process that does VRRP',
  'link-down': 'link down',
  'black-hole': 'black hole: the switch forwards nothing, the carrier stays',
  sigstop: 'SIGSTOP of everything for 5 s',
} as const;
export type Fault = keyof typeof FAULTS;

export const INTERVALS = {
  '1s': { version: 2, advertiseMs: 1000 },
  '100ms': { version: 3, advertiseMs: 100 },
  '20ms': { version: 3, advertiseMs: 20 },
  '10ms': { version: 3, advertiseMs: 10 },
} as const;
export type Interval = keyof typeof INTERVALS;

export interface Cell {
  readonly fault: Fault;
  readonly interval: Interval;
}

export const cellName = ({ fault, interval }: Cell): string => `${fault}@${interval}`;

const ALL: readonly Cell[] = (Object.keys(INTERVALS) as Interval[]).flatMap((interval) =>
  (Object.keys(FAULTS) as Fault[]).map((fault) => ({ fault, interval })),
);

/** The cells that one of these words is part of, `sigterm` or `100ms` or `sigterm@100ms`; `all` is all. */
export function cellsOf(words: string): readonly Cell[] {
  if (words === 'all') return ALL;
  const wanted = words.split(',');
  return ALL.filter((cell) =>
    wanted.some((word) => word === cellName(cell) || word === cell.fault || word === cell.interval),
  );
}

export const VIRTUAL = '10.77.0.100';

export const instance = (interval: Interval, priority: number): InstanceSpec => ({
  ...INTERVALS[interval],
  name: 'edge',
  vrid: 51,
  priority,
  addresses: [`${VIRTUAL}/24`],
});

export const KINDS: readonly NodeKind[] = ['keepalived', 'fairlead'];
