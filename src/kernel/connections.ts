import { canonicalAddress } from '../base/ip.ts';
import type {
  Connection,
  ConnectionFilter,
  ConnectionQuery,
  Connections,
  ConnectionsEnd,
} from '../model/connection.ts';
import { parseConnection } from './connection-line.ts';
import { type NamespaceFile, openInNamespace } from './namespace.ts';

const FILE = '/proc/thread-self/net/ip_vs_conn';
/** More than the kernel gives at once. */
const READ_BYTES = 64 * 1024;
/** No line of the kernel's is that long; engine data has at most a few hundred bytes. */
const LONGEST_LINE = 64 * 1024;

/** Reads happen on the thread pool, 4 KiB (some 45 lines) at a time, and each such piece is looked at in one go: the event
 *  loop waits for that and no longer. Leaving the loop early closes the file. */
export const readConnections = (netns: string, query: ConnectionQuery = {}): Connections =>
  selectConnections(() => tableOf(netns), query);

async function* tableOf(netns: string): AsyncGenerator<Connection[], void, undefined> {
  const file = openInNamespace(netns, FILE);
  try {
    for await (const lines of linesOf(file)) yield lines.flatMap((line) => parseConnection(line) ?? []);
  } finally {
    file.close();
  }
}

/** Those that are asked for of a table that comes in pieces, within the limits of the query. */
export function selectConnections(
  table: () => AsyncIterable<readonly Connection[]>,
  query: ConnectionQuery,
): Connections {
  const { limit = 10_000, timeLimitMs = 5000 } = query;
  const wanted = matcher(query.filter);
  const state = { scanned: 0, end: null as ConnectionsEnd | null };

  async function* iterate(): AsyncGenerator<Connection, void, undefined> {
    const stopAt = performance.now() + timeLimitMs;
    let given = 0;
    try {
      for await (const piece of table()) {
        for (const connection of piece) {
          state.scanned++;
          if (!wanted(connection)) continue;
          if (given++ === limit) {
            state.end = 'limit';
            return;
          }
          yield connection;
        }
        if (performance.now() >= stopAt) {
          state.end = 'time';
          return;
        }
      }
      state.end = 'complete';
    } finally {
      state.end ??= 'stopped';
    }
  }

  return {
    get scanned() {
      return state.scanned;
    },
    get end() {
      return state.end;
    },
    [Symbol.asyncIterator]: iterate,
  };
}

/** Whole lines, as many as each read brings. Bytes are kept one to a character: an engine's data may be anything. */
export async function* linesOf(file: Pick<NamespaceFile, 'read'>): AsyncGenerator<string[], void, undefined> {
  const buffer = Buffer.alloc(READ_BYTES);
  let rest = '';
  for (;;) {
    const count = await file.read(buffer);
    if (count === 0) break;
    const lines = (rest + buffer.toString('latin1', 0, count)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) rest = '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

function matcher(filter: ConnectionQuery['filter']): (connection: Connection) => boolean {
  if (typeof filter === 'function') return filter;
  const ADDRESSES: ReadonlySet<string> = new Set(['client', 'virtual', 'destination']);
  const wanted = Object.entries(filter ?? {}).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const same = ADDRESSES.has(key) ? canonicalAddress(String(value)) : value;
    if (same === undefined) throw new TypeError(`the filter's ${key} "${value}" is not an address`);
    return [[key as keyof ConnectionFilter, same] as const];
  });
  return (connection) => wanted.every(([key, value]) => connection[key] === value);
}
