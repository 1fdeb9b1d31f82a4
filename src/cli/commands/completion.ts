import { EXIT, failure } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { SHELLS } from '../completion/index.ts';
import { describeCommands } from '../describe.ts';

export const command: Command = {
  usage: `completion <${Object.keys(SHELLS).join('|')}>`,
  summary: 'print a script that completes commands and options in a shell',
  examples: [
    'fairlead completion bash > /etc/bash_completion.d/fairlead',
    'fairlead completion zsh > /usr/local/share/zsh/site-functions/_fairlead',
    'fairlead completion fish > /etc/fish/completions/fairlead.fish',
  ],
  async run([shell = ''], _options, io) {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (!script)
      throw failure('usage', { detail: `expected one of ${Object.keys(SHELLS).join(', ')}, got "${shell}"` });
    io.out(script(await describeCommands()));
    return EXIT.done;
  },
};
