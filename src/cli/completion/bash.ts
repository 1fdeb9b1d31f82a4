import { type Described, GLOBAL_OPTIONS, HELP_COMMAND } from '../describe.ts';

const FILE = '<file>';
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const names = (options: readonly { readonly long: string }[]): string => options.map(({ long }) => long).join(' ');

function row({ name, arguments: args, options }: Described): string {
  const kinds = args.map(({ file, words }) => quote(file ? FILE : words.join(' '))).join(' ');
  const valued = options.filter(({ value }) => value !== null);
  return `      ${name}) options=${quote(names(options))} valued=${quote(` ${names(valued)} `)} args=(${kinds}) ;;`;
}

/** A script for bash 4 and later. */
export function bashCompletion(commands: readonly Described[]): string {
  const all = [...commands.map(({ name }) => name), HELP_COMMAND.name].join(' ');
  return `# bash completion of fairlead, made by \`fairlead completion bash\`
_fairlead() {
  local cur=\${COMP_WORDS[COMP_CWORD]} kind=${quote(all)} options=${quote(names(GLOBAL_OPTIONS))} valued=' ' args=() at=0 i
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
${commands.map(row).join('\n')}
      ${HELP_COMMAND.name}) options='' args=(${quote(all)}) ;;
      *) options='' ;;
    esac
    for ((i = 2; i < COMP_CWORD; i++)); do
      case \${COMP_WORDS[i]} in
        -*) [[ $valued == *" \${COMP_WORDS[i]} "* ]] && ((i++)) ;;
        *) ((at++)) ;;
      esac
    done
    kind=\${args[at]}
    # The word belongs to the option before it.
    ((i > COMP_CWORD)) && kind='${FILE}'
  fi
  if [[ $cur == -* ]]; then
    kind=$options
  elif [[ $kind == '${FILE}' ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$cur")
}
complete -F _fairlead fairlead
`;
}
