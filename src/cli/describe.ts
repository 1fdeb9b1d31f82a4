import type { Command, CommandOption, Verb } from './command.ts';
import { COMMANDS } from './main.ts';

/** The table of commands taken apart, for what is made from it: completions and manual page. */
export interface Described {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  readonly verbs: readonly Verb[];
  readonly examples: readonly string[];
}

export interface Argument {
  readonly name: string;
  readonly file: boolean;
  /** What can stand there, when that is known beforehand. */
  readonly words: readonly string[];
}

export interface Option {
  readonly long: string;
  /** Name of its value; null for a switch. */
  readonly value: string | null;
  readonly summary: string;
  readonly default: string | undefined;
}

const HELP: Option = { long: '--help', value: null, summary: 'display help for command', default: undefined };

export async function describeCommands(): Promise<Described[]> {
  return Promise.all(Object.entries(COMMANDS).map(async ([name, load]) => describe(name, (await load()).command)));
}

export function describe(name: string, command: Command): Described {
  const verbs = command.verbs ?? [];
  const [, ...words] = command.usage.split(' ');
  return {
    name,
    usage: command.usage,
    summary: command.summary,
    // Words that a command parses by itself are known only where it has verbs.
    arguments: command.passThrough
      ? verbs.length > 0
        ? [{ name: 'command', file: false, words: verbs.map((verb) => verb.name) }]
        : []
      : words.map(describeArgument),
    options: command.passThrough ? [] : [...(command.options ?? []).map(describeOption), HELP],
    verbs,
    examples: command.examples,
  };
}

/** `<file>`, `[file]`, `<on|off>`. */
function describeArgument(word: string): Argument {
  const name = word.replace(/^[<[]|\.{0,3}[>\]]$/g, '');
  return { name, file: name === 'file', words: name.includes('|') ? name.split('|') : [] };
}

function describeOption({ flags, summary, default: fallback }: CommandOption): Option {
  const [long = '', value] = flags.split(' ');
  return { long, value: value === undefined ? null : value.replace(/[<>]/g, ''), summary, default: fallback };
}

/** What `fairlead` itself takes in place of a command. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  HELP,
  { long: '--version', value: null, summary: 'output the version number', default: undefined },
];
/** Commander's own. */
export const HELP_COMMAND = { name: 'help', summary: 'display help for command' } as const;
