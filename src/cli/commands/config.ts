import { z } from 'zod';
import { EXIT, failure } from '../../base/errors.ts';
import { DEFAULT_FILE } from '../../base/paths.ts';
import { ANNOTATED_EXAMPLE } from '../../config/introduction.ts';
import { formatIssue } from '../../config/issue.ts';
import { renderConfig } from '../../config/print.ts';
import { jsonSchema } from '../../config/render.ts';
import { type Config, configSchema } from '../../config/schema.ts';
import { loadConfig } from '../../daemon/config-file.ts';
import { type Command, type Io, JSON_OPTION, type Options } from '../command.ts';

/** What each word prints; `file` is read by `show` alone. */
const PRINTS: Readonly<Record<string, (file: string | undefined, options: Options, io: Io) => string>> = {
  schema: () => `${JSON.stringify(jsonSchema(), null, 2)}\n`,
  example: () => ANNOTATED_EXAMPLE,
  show(file = DEFAULT_FILE, options, io) {
    const config = read(file, io);
    // Secrets stay as the file has them: the path where it names one, whose file is not read.
    return options.json ? `${JSON.stringify(z.encode(configSchema, config))}\n` : renderConfig(config);
  },
};
const WORDS = Object.keys(PRINTS);

export const command: Command = {
  usage: `config <${WORDS.join('|')}> [file]`,
  summary:
    'schema: the JSON Schema of the file, for editors; example: a commented file with every block; show: a file with every default written out',
  options: [{ ...JSON_OPTION, summary: 'show: print JSON for programs' }],
  examples: [
    'fairlead config schema > fairlead.schema.json   # then, on the first line: # yaml-language-server: $schema=...',
    'fairlead config example > /etc/fairlead/fairlead.yaml',
    "fairlead config show --json fairlead.yaml | jq '.services[].drain'",
  ],
  async run([word = '', file], options, io) {
    const print = Object.hasOwn(PRINTS, word) ? PRINTS[word] : undefined;
    if (!print) throw failure('usage', { detail: `expected one of ${WORDS.join(', ')}, got "${word}"` });
    if (file !== undefined && word !== 'show')
      throw failure('usage', { detail: `config ${word} takes no file, got "${file}"` });
    io.out(print(file, options, io));
    return EXIT.done;
  },
};

function read(file: string, io: Io): Config {
  const loaded = loadConfig(file);
  if (loaded.ok) return loaded.value.config;
  for (const issue of loaded.error.issues) io.err(`${formatIssue(issue)}\n`);
  throw loaded.error.error;
}
