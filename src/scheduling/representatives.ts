import type { Family } from '../base/ip.ts';
import { serviceFamily, type VirtualService } from '../model/service.ts';
import { fold, hash32, mix } from './fold.ts';
import { mhCell, mhSlots } from './mh.ts';
import { type Client, DEFAULT_SIZES, hasFlag, type TableSizes } from './prediction.ts';

/** Any source port that is not FTP's data port; it matters only where the scheduler hashes it. */
const PORT = 40000;
const ONE: readonly Client[] = [{ address: '192.0.2.1', port: PORT }];
const ONE6: readonly Client[] = [{ address: '2001:db8::1', port: PORT }];

const known = new Map<string, readonly Client[]>();

/** Clients that stand for all there are: one for each cell of the table that sh and mh look them up in, since every cell
 *  meets equally many addresses. One client where the client does not matter. */
export function representatives(service: VirtualService, sizes: TableSizes = DEFAULT_SIZES): readonly Client[] {
  const family = serviceFamily(service.id);
  const port = hasFlag(service, 'flag-2') ? PORT : 0;
  const { shBits, mhIndex } = sizes;
  const cellOf: Readonly<Record<string, (folded: number) => number>> = {
    sh: (folded) => hash32(mix(folded, port), shBits),
    mh: (folded) => mhCell(folded, port, mhSlots(mhIndex)),
  };
  const cell = cellOf[service.scheduler];
  if (cell === undefined) return family === 'inet' ? ONE : ONE6;
  const cells = service.scheduler === 'sh' ? 2 ** shBits : mhSlots(mhIndex);
  const key = [service.scheduler, cells, port, family].join(' ');
  const clients = known.get(key) ?? oneForEach(cells, cell, family);
  known.set(key, clients);
  return clients;
}

function oneForEach(cells: number, cell: (folded: number) => number, family: Family): readonly Client[] {
  const clients = new Map<number, Client>();
  for (let i = 0; clients.size < cells; i++) {
    const address = addressOf(i, family);
    const place = cell(fold(address, family));
    if (!clients.has(place)) clients.set(place, { address, port: PORT });
  }
  return [...clients.values()];
}

/** The i-th address of 10.0.0.0/8 or 2001:db8::/96. */
const addressOf = (i: number, family: Family): string =>
  family === 'inet'
    ? `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`
    : `2001:db8::${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}`;
