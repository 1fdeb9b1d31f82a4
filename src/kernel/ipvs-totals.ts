import { readFile } from 'node:fs/promises';
import type { Counters } from '../model/observed.ts';

const FILE = '/proc/net/ip_vs_stats';

/** What IPVS counted in this network namespace; null where there is no IPVS. */
export async function readTotals(file = FILE): Promise<Counters | null> {
  try {
    return parseTotals(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

/** The third line: connections, packets in and out, bytes in and out, hexadecimal. */
export function parseTotals(text: string): Counters | null {
  const numbers = (text.split('\n')[2] ?? '').trim().split(/\s+/);
  const [connections, inPackets, outPackets, inBytes, outBytes] = numbers.map((digits) =>
    /^[0-9a-f]+$/i.test(digits) ? BigInt(`0x${digits}`) : null,
  );
  if (connections == null || inPackets == null || outPackets == null || inBytes == null || outBytes == null)
    return null;
  return { connections, inPackets, outPackets, inBytes, outBytes };
}
