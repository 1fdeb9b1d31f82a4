/** One command of the program. Help, completion and docs are made from these rows. */
export interface Command {
  /** With its arguments as commander writes them: `check <file>`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: readonly CommandOption[];
  readonly examples: readonly string[];
  /** Words after the usage are the command's own business and are not parsed. */
  readonly passThrough?: boolean;
  /** What a command that parses its words itself takes as the first of them. */
  readonly verbs?: readonly Verb[];
  /** Returns the exit code. `rest` are the positional arguments. */
  run(rest: readonly string[], options: Options, io: Io): Promise<number>;
}

export interface Verb {
  readonly name: string;
  /** Its name and arguments. */
  readonly usage: string;
  readonly summary: string;
}

export interface CommandOption {
  /** As commander writes it: `--json`, `--socket <path>`. */
  readonly flags: string;
  readonly summary: string;
  readonly default?: string;
}

export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** Where a command prints; tests hand in their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Colour and redrawing make sense on stdout. */
  readonly terminal: boolean;
  /** Cells of a line of the terminal that stdout is; absent where it is none. */
  readonly columns?: number | undefined;
  /** The same of stderr, where progress is told. */
  readonly errColumns?: number | undefined;
  /** Asks the operator, who answers yes or no; absent where nobody sits at a terminal. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
}

export const JSON_OPTION: CommandOption = { flags: '--json', summary: 'print JSON for programs' };

export const text = (value: string | boolean | undefined): string => (typeof value === 'string' ? value : '');
