import { Readable } from 'node:stream';

/** How long a piece may take to make: with a pause of the garbage collector on top, others wait well below 20 ms. */
const TURN_MS = 3;
const PIECE_CHARACTERS = 64 * 1024;

/** A long answer of JSON, made in pieces between which the event loop does everything else. */
export class Pieces<T extends object> {
  readonly #short: Partial<T>;
  readonly #lists: readonly (readonly [string, Iterable<string>])[];

  /** `short`: its fields that are made at once; `lists`: those that are long, each item as JSON, made when it is asked for. */
  constructor(
    short: Partial<T>,
    lists: { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? Iterable<string> : never },
  ) {
    this.#short = short;
    this.#lists = Object.entries(lists) as [string, Iterable<string>][];
  }

  /** The text. Every piece is worth a write and makes nobody wait. */
  *texts(now: () => number = () => performance.now()): Generator<string, void> {
    let text = JSON.stringify(this.#short).slice(0, -1);
    let separator = text === '{' ? '' : ',';
    let due = now() + TURN_MS;
    for (const [name, items] of this.#lists) {
      text += `${separator}${JSON.stringify(name)}:[`;
      separator = '';
      for (const item of items) {
        text += separator + item;
        separator = ',';
        if (text.length < PIECE_CHARACTERS && now() < due) continue;
        yield text;
        text = '';
        due = now() + TURN_MS;
      }
      text += ']';
      separator = ',';
    }
    yield `${text}}`;
  }
}

/** Values as JSON, each when it is its turn. */
export function* textsOf(values: Iterable<unknown>): Generator<string, void> {
  for (const value of values) yield JSON.stringify(value);
}

/** A whole text when its first piece is all there is; else a stream that gives the loop a turn after each piece, and makes none
 *  that nobody takes. */
export function sendable(pieces: Iterator<string, void>): string | Readable {
  const first = pieces.next();
  if (first.done) return '';
  const second = pieces.next();
  if (second.done) return first.value;
  const rest = { [Symbol.iterator]: () => pieces };
  return Readable.from(breathing(chain([first.value, second.value], rest)), { objectMode: false });
}

function* chain(...parts: readonly Iterable<string>[]): Generator<string, void> {
  for (const part of parts) yield* part;
}

/** Pieces with a turn of the event loop after each. */
export async function* breathing(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    if (piece !== '') yield piece;
    await new Promise(setImmediate);
  }
}
