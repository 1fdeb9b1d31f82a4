import { type Argument, type Described, GLOBAL_OPTIONS, HELP_COMMAND, type Option } from '../describe.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** Colons and brackets divide the parts of a specification. */
const escaped = (text: string): string => text.replace(/[\\:[\]]/g, '\\$&');

const option = ({ long, value, summary }: Option): string =>
  quote(`${long}[${escaped(summary)}]${value === null ? '' : `:${escaped(value)}:_files`}`);

function argument({ name, file, words }: Argument, index: number): string {
  const action = file ? '_files' : words.length > 0 ? `(${words.join(' ')})` : '';
  return quote(`${index + 1}:${escaped(name)}:${action === '' ? ' ' : action}`);
}

function row({ name, arguments: args, options }: Described): string {
  const specs = [...options.map(option), ...args.map(argument)];
  const known = specs.length > 0 ? `_arguments ${specs.join(' ')}` : '_default';
  return `    ${name}) ${known} ;;`;
}

/** A script to put on fpath as `_fairlead`, or to source. */
export function zshCompletion(commands: readonly Described[]): string {
  const rows = [...commands, HELP_COMMAND].map(({ name, summary }) => `    ${quote(`${name}:${escaped(summary)}`)}`);
  return `#compdef fairlead
# zsh completion of fairlead, made by \`fairlead completion zsh\`
_fairlead() {
  local -a commands
  commands=(
${rows.join('\n')}
  )
  if (( CURRENT == 2 )); then
    if [[ $PREFIX == -* ]]; then
      _arguments ${GLOBAL_OPTIONS.map(option).join(' ')}
    else
      _describe -t commands command commands
    fi
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map(row).join('\n')}
    ${HELP_COMMAND.name}) _describe -t commands command commands ;;
  esac
}
if [[ $funcstack[1] == _fairlead ]]; then
  _fairlead "$@"
else
  compdef _fairlead fairlead
fi
`;
}
