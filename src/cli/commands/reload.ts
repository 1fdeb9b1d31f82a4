import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, SOCKET_OPTION, text } from '../command.ts';

export const command: Command = {
  usage: 'reload',
  summary: 'have the daemon take its file anew, as SIGHUP does, and say what came of it',
  options: [SOCKET_OPTION],
  examples: ['fairlead reload'],
  async run(_rest, options, io) {
    const { accepted, text: outcome, notes } = await call(text(options.socket), 'reloadConfig', {});
    if (accepted) io.out(`reloaded: ${outcome}\n`);
    else io.err(`refused, nothing changed: ${outcome}\n`);
    for (const note of notes) io.out(`${note}\n`);
    return accepted ? EXIT.done : EXIT.usage;
  },
};
