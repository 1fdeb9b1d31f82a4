/** One command line to compare. */
export interface Case {
  /** The table it starts from: a section of tables.txt. */
  readonly table: string;
  readonly program: 'ipvsadm' | 'ipvsadm-save' | 'ipvsadm-restore';
  readonly words: readonly string[];
  readonly input: string;
  /** Whether it also goes through a process of its own: of the program, and of ours. */
  readonly process: boolean;
  /** Without any privilege; only in a process. */
  readonly nobody: boolean;
  /** Whether a changed table is compared in the judge's own views too, not only as the kernel keeps it. */
  readonly views: boolean;
}

export const plain = (table: string, words: readonly string[], input = ''): Case => ({
  table,
  program: 'ipvsadm',
  words,
  input,
  process: false,
  nobody: false,
  views: false,
});

const PROGRAMS: readonly Case['program'][] = ['ipvsadm', 'ipvsadm-save', 'ipvsadm-restore'];

/** The cases of a text: one on a line, as `TABLE[*|!] [PROGRAM] WORD... [<<< INPUT]`. A star runs it in a process of its own
 *  too, an exclamation mark as nobody. Words are split at blanks; '' is an empty word, \n in the input ends a line. `#`
 *  begins a comment only at the beginning of a line. */
export function readCases(text: string): Case[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [command = '', ...rest] = line.split(' <<< ');
    const [first = '', ...words] = command.split(/ +/).filter(Boolean);
    const [, table, mark] = /^([a-z0-9-]+)([*!]?)$/.exec(first) ?? [];
    if (table === undefined) throw new Error(`cases.txt:${index + 1}: "${first}" is not the name of a table`);
    const named = PROGRAMS.find((program) => program === words[0]);
    return [
      {
        table,
        program: named ?? 'ipvsadm',
        words: (named ? words.slice(1) : words).map((word) => (word === "''" ? '' : word)),
        input: rest.join(' <<< ').replaceAll('\\n', '\n'),
        process: mark !== '' || (named !== undefined && named !== 'ipvsadm'),
        nobody: mark === '!',
        views: true,
      },
    ];
  });
}

/** The form that readCases reads. */
export function caseLine({ table, program, words, input, process, nobody }: Case): string {
  const shown = words.map((word) => (word === '' ? "''" : word));
  const mark = nobody ? '!' : process ? '*' : '';
  const line = [`${table}${mark}`, ...(program === 'ipvsadm' ? [] : [program]), ...shown].join(' ');
  return input === '' ? line : `${line} <<< ${input.replaceAll('\n', '\\n')}`;
}

/** The tables of a text: `[NAME]` begins one, the lines below are what `ipvsadm -R` reads. `[NAME = OTHER]` begins with
 *  the lines of another. */
export function readTables(text: string): Map<string, string> {
  const tables = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, section, other] = /^\[([a-z0-9-]+)(?: = ([a-z0-9-]+))?\]$/.exec(line) ?? [];
    if (section !== undefined) {
      name = section;
      tables.set(name, other === undefined ? '' : (tables.get(other) ?? ''));
    } else tables.set(name, `${tables.get(name) ?? ''}${line}\n`);
  }
  return tables;
}
