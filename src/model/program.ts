/** Programs that are run for a while: hooks, trackers, checks. */
export interface Program {
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  /** Null: as we do. */
  readonly user: string | null;
  readonly timeoutMs: number;
  /** Added to the little that every program gets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it writes is thrown away but for the last line: of both streams, or of stderr alone, for programs that may
   *  start others which live on and write. */
  readonly hear: 'both' | 'errors';
}

export interface Ending {
  readonly ok: boolean;
  /** A stable word: `exit-0`, `exit-2`, `signal`, `timeout`, `stopped`, `refused`, `no-resources`. */
  readonly outcome: string;
  /** `ended with 2: no route`, `ran longer than 1s and was ended`. */
  readonly text: string;
}

export interface Run {
  /** When it ended or ran out of time. Never rejects. */
  readonly ending: Promise<Ending>;
  /** When the process is really gone. */
  readonly over: Promise<void>;
  /** Ends it with everything it started. */
  stop(): void;
}

export type RunProgram = (program: Program) => Run;
