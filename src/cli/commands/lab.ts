import { EXIT, failure } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { LAB_COMMANDS } from '../../lab/commands.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  usage: 'lab [words...]',
  summary: 'a network of hosts on a real kernel with IPVS, to try things in',
  examples: LAB_COMMANDS.flatMap(({ examples }) => examples),
  passThrough: true,
  verbs: LAB_COMMANDS,
  async run([name = '', ...words], _options, io) {
    const found = LAB_COMMANDS.find((command) => command.name === name);
    if (found) return found.run(words, process);
    const rows = LAB_COMMANDS.map(({ usage, summary }) => `  fairlead lab ${usage}\n      ${summary}`);
    const text = `Usage:\n${rows.join('\n')}\n`;
    if (name === '' || name === '--help' || name === '-h' || name === 'help') {
      io.out(text);
      return EXIT.done;
    }
    const close = nearest(
      name,
      LAB_COMMANDS.map((command) => command.name),
    );
    throw failure('usage', { detail: `lab has no command "${name}"${close ? `; did you mean "${close}"?` : ''}` });
  },
};
