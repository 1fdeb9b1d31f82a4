import { deserialize, serialize } from 'node:v8';

// A large value on its way to another thread. To take up a message holds the event loop until all of it is there, 10,000
// servers for some 30 ms; bytes cost nothing to take up, and are made into values in turns.

/** Rows of a list that make a piece: about a tenth of a millisecond's work each, more where rows hold short lists. */
const PORTION = 32;

type Path = readonly (string | number)[];
/** The whole with its long lists empty, or the next rows of the list that stands there. */
type Piece = { readonly whole: unknown } | { readonly path: Path; readonly rows: readonly unknown[] };
interface LongList {
  readonly path: Path;
  readonly list: readonly unknown[];
}

/** A value of plain objects and lists, leaves being whatever structured clone can take, as pieces of bytes. */
export const toPieces = (value: unknown): Uint8Array[] => [...cut(value)].map((piece) => serialize(piece));

/** The value, made of its pieces a few rows at a time. */
export function* fromPieces(pieces: readonly Uint8Array[]): Generator<void, unknown> {
  let whole: unknown;
  for (const bytes of pieces) {
    const piece = deserialize(bytes) as Piece;
    if ('whole' in piece) whole = piece.whole;
    else listAt(whole, piece.path).push(...piece.rows);
    yield;
  }
  return whole;
}

const listAt = (whole: unknown, path: Path): unknown[] =>
  path.reduce<unknown>((around, key) => (around as Record<string | number, unknown>)[key], whole) as unknown[];

function* cut(value: unknown): Generator<Piece> {
  const later: LongList[] = [];
  yield { whole: hollow(value, [], later) };
  // Grows on the way: rows may hold long lists themselves.
  for (const { path, list } of later) {
    for (let from = 0; from < list.length; from += PORTION) {
      const rows = list.slice(from, from + PORTION);
      yield { path, rows: rows.map((row, index) => hollow(row, [...path, from + index], later)) };
    }
  }
}

/** The value with its long lists empty. */
function hollow(value: unknown, path: Path, later: LongList[]): unknown {
  if (Array.isArray(value)) {
    if (value.length <= PORTION) return value.map((item, index) => hollow(item, [...path, index], later));
    later.push({ path, list: value });
    return [];
  }
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hollow(inner, [...path, key], later)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
