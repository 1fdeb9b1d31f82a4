import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { patiently } from '../progress.ts';

export const command: Command = {
  usage: 'reload',
  summary: 'have the daemon take its file anew, as SIGHUP does, and say what came of it',
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: ['fairlead reload', 'fairlead reload --json | jq -r .text'],
  async run(_rest, options, io) {
    const answer = await patiently(io, 'reloading', call(daemonOf(options), 'reloadConfig', {}));
    const { accepted, text: outcome, notes } = answer;
    if (options.json) {
      io.out(`${JSON.stringify(answer)}\n`);
      return accepted ? EXIT.done : EXIT.usage;
    }
    if (accepted) io.out(`reloaded: ${outcome}\n`);
    else io.err(`refused, nothing changed: ${outcome}\n`);
    for (const note of notes) io.out(`${note}\n`);
    return accepted ? EXIT.done : EXIT.usage;
  },
};
