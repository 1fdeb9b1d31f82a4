import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { NodeKind } from '../../test/support/network/nodes/index.ts';
import { type Cell, cellName } from './cells.ts';
import type { Episode } from './judge.ts';

/** Every run of one cell, ours and theirs; the n-th of one belongs to the n-th of the other. */
export type Result = Cell & { readonly episodes: Readonly<Partial<Record<NodeKind, readonly Episode[]>>> };

/** What the fail-over benchmark found, as far as it came: so many rounds, each of them whole. */
export interface FailoverRecord {
  readonly date: string;
  readonly rounds: number;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Episodes that came to no end and were done again. */
  readonly failures: readonly string[];
  readonly results: readonly Result[];
}

const FILE = 'bench/results/failover.json';

export function readRecord(): FailoverRecord | null {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as FailoverRecord) : null;
}

/** One line for each cell. */
export function writeRecord({ results, ...rest }: FailoverRecord): void {
  mkdirSync('bench/results', { recursive: true });
  const head = JSON.stringify(rest, null, 1).replace(/\n\}$/, '');
  const lines = results.map((result) => `  ${JSON.stringify(result)}`);
  writeFileSync(FILE, `${head},\n "results": [\n${lines.join(',\n')}\n ]\n}\n`);
}

/** The episodes of a benchmark under way. Rounds end out of order, as several lanes work on them. */
export class Book {
  readonly #cells: readonly Cell[];
  readonly #kinds: readonly NodeKind[];
  readonly #pages = new Map<string, Map<number, Readonly<Record<string, Episode>>>>();

  constructor(cells: readonly Cell[], kinds: readonly NodeKind[], earlier: readonly Result[]) {
    this.#cells = cells;
    this.#kinds = kinds;
    for (const cell of cells) {
      const episodes = earlier.find((result) => cellName(result) === cellName(cell))?.episodes ?? {};
      const rounds = Math.min(...kinds.map((kind) => episodes[kind]?.length ?? 0));
      const page = new Map<number, Readonly<Record<string, Episode>>>();
      for (let round = 0; round < rounds; round++)
        page.set(round, Object.fromEntries(kinds.map((kind) => [kind, episodes[kind]?.[round] as Episode])));
      this.#pages.set(cellName(cell), page);
    }
  }

  add(cell: Cell, round: number, episodes: Readonly<Record<string, Episode>>): void {
    this.#pages.get(cellName(cell))?.set(round, episodes);
  }

  /** Rounds in which every cell was done. */
  rounds(): number {
    let whole = 0;
    while (this.#cells.every((cell) => this.#pages.get(cellName(cell))?.has(whole))) whole++;
    return whole;
  }

  /** Of whole rounds. */
  results(): Result[] {
    const rounds = Array.from({ length: this.rounds() }, (_, round) => round);
    return this.#cells.map((cell) => {
      const page = this.#pages.get(cellName(cell));
      const of = (kind: NodeKind) => rounds.flatMap((round) => page?.get(round)?.[kind] ?? []);
      return { ...cell, episodes: Object.fromEntries(this.#kinds.map((kind) => [kind, of(kind)])) };
    });
  }
}
