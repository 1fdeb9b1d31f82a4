import { type Described, GLOBAL_OPTIONS, HELP_COMMAND, type Option } from '../describe.ts';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
const COMMAND = 'complete -c fairlead';

const option = (condition: string, { long, value, summary }: Option): string =>
  `${COMMAND} -n ${condition} -l ${long.slice(2)}${value === null ? '' : ' -r -F'} -d ${quote(summary)}`;

function rows({ name, arguments: args, options }: Described): string[] {
  const within = quote(`__fish_seen_subcommand_from ${name}`);
  return [
    ...options.map((each) => option(within, each)),
    // fish does not count arguments, so what any of them takes is offered.
    ...args.flatMap(({ file, words }) => [
      ...(file ? [`${COMMAND} -n ${within} -F`] : []),
      ...(words.length > 0 ? [`${COMMAND} -n ${within} -a ${quote(words.join(' '))}`] : []),
    ]),
  ];
}

/** A script for fish 3 and later. */
export function fishCompletion(commands: readonly Described[]): string {
  const names = [...commands, HELP_COMMAND].map(
    ({ name, summary }) => `${COMMAND} -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  return `# fish completion of fairlead, made by \`fairlead completion fish\`
${COMMAND} -f
${[...GLOBAL_OPTIONS.map((each) => option('__fish_use_subcommand', each)), ...names, ...commands.flatMap(rows)].join('\n')}
${COMMAND} -n '__fish_seen_subcommand_from ${HELP_COMMAND.name}' -a ${quote(commands.map(({ name }) => name).join(' '))}
`;
}
