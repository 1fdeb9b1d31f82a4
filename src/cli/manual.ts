import { DEFAULT_FILE, DEFAULT_SOCKET } from '../base/paths.ts';
import { VERSION } from '../base/version.ts';
import type { Described, Option } from './describe.ts';
import { EXIT_WORDS } from './main.ts';

/** The manual pages man/fairlead.1 and man/fairlead-COMMAND.1, from the table of commands. Only the man macros that groff and
 *  mandoc share. */

/** Of the page's form; what it says is that of the version. */
const DATE = '2026-11-29';

/** Text that is no request, and whose dashes can be copied into a shell. */
const text = (value: string): string =>
  value
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replace(/^\./gm, '\\&.');

/** `<file>` and `[file]` with the name in italics, options in bold. */
const usage = (words: string): string =>
  words
    .split(' ')
    .map((word, index) => {
      const name = word.replace(/^[<[]|[>\]]$/g, '');
      if (index === 0 || name.includes('|')) return `\\fB${text(name)}\\fR`;
      const shown = `\\fI${text(name)}\\fR`;
      return word.startsWith('[') ? `[${shown}]` : shown;
    })
    .join(' ');

const sentence = (words: string): string => text(words.endsWith('.') ? words : `${words}.`);

function option({ long, value, summary, default: fallback }: Option): string[] {
  const form = `\\fB${text(long)}\\fR${value === null ? '' : ` \\fI${text(value)}\\fR`}`;
  return ['.TP', form, sentence(summary + (fallback === undefined ? '' : ` (default: ${fallback})`))];
}

/** A block of lines as they are typed. */
const typed = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['.PP', '.RS 4', '.nf', ...lines.map(text), '.fi', '.RE'];

function command({ usage: words, summary, options, verbs, examples }: Described): string[] {
  return [
    `.SS fairlead ${usage(words)}`,
    sentence(summary),
    ...options.flatMap(option),
    ...verbs.flatMap((verb) => ['.TP', usage(verb.usage), sentence(verb.summary)]),
    ...typed(examples),
  ];
}

const exits = EXIT_WORDS.flatMap(([code, words]) => ['.TP', `\\fB${code}\\fR`, sentence(words)]);

const FILES: readonly (readonly [string, string])[] = [
  [DEFAULT_FILE, 'The configuration, where a command is not given another.'],
  [DEFAULT_SOCKET, 'The socket of the daemon, unless director.socket names another.'],
  ['/var/lib/fairlead/overrides.json', 'What was set on top of the file, unless director.overrides names another.'],
  ['/run/fairlead/state.json', 'What Fairlead made in the kernel, unless director.state names another.'],
];

const GENERATED = '.\\" Generated from the table of commands; see CONTRIBUTING.md.';
const title = (name: string): string => `.TH ${text(name.toUpperCase())} 1 ${DATE} "fairlead ${VERSION}" "Fairlead"`;
const headed = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`.SH ${heading}`, ...lines];

/** Of this one the exit codes are another program's. */
const FOREIGN = 'ipvsadm';

/** Every page by its file's name: the whole, and one for each command. */
export function manualPages(commands: readonly Described[]): ReadonlyMap<string, string> {
  const single = commands.map((one) => [`fairlead-${one.name}.1`, commandPage(one)] as const);
  return new Map([['fairlead.1', manualPage(commands)], ...single]);
}

function commandPage({ name, usage: words, summary, options, verbs, examples }: Described): string {
  const lines = [
    GENERATED,
    title(`fairlead-${name}`),
    '.SH NAME',
    `fairlead\\-${text(name)} \\- ${text(summary)}`,
    '.SH SYNOPSIS',
    `\\fBfairlead\\fR ${usage(words)}${options.length > 0 ? ' [\\fIoption\\fR ...]' : ''}`,
    '.SH DESCRIPTION',
    sentence(summary),
    ...headed(
      'COMMANDS',
      verbs.flatMap((verb) => ['.TP', usage(verb.usage), sentence(verb.summary)]),
    ),
    ...headed('OPTIONS', options.flatMap(option)),
    ...headed('EXAMPLES', typed(examples)),
    ...headed('EXIT STATUS', name === FOREIGN ? [text('That of ipvsadm.')] : exits),
    '.SH SEE ALSO',
    '.BR fairlead (1)',
  ];
  return `${lines.join('\n')}\n`;
}

export function manualPage(commands: readonly Described[]): string {
  const lines = [
    GENERATED,
    title('fairlead'),
    '.SH NAME',
    `fairlead \\- ${text("a packet director on the kernel's IPVS, with VRRP and health checks")}`,
    '.SH SYNOPSIS',
    '\\fBfairlead\\fR \\fIcommand\\fR [\\fIargument\\fR ...] [\\fIoption\\fR ...]',
    '.SH DESCRIPTION',
    text(
      'One daemon holds virtual addresses together with its peers (VRRP), programs the kernel\'s IPVS from one file, and checks the real servers behind each virtual service. "fairlead run" is that daemon; the other commands ask it, or judge a file or this machine without it.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(command),
    '.SH EXIT STATUS',
    text('Of every command but "fairlead ipvsadm", which has those of ipvsadm:'),
    ...exits,
    '.SH ENVIRONMENT',
    '.TP',
    '\\fBNO_COLOR\\fR',
    'If set to anything, output on a terminal is not coloured.',
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => ['.TP', `\\fI${text(path)}\\fR`, text(what)]),
    '.SH SEE ALSO',
    ...commands.map(({ name }) => `.BR fairlead\\-${text(name)} (1),`),
    '.BR ipvsadm (8),',
    '.BR ip\\-address (8)',
  ];
  return `${lines.join('\n')}\n`;
}
