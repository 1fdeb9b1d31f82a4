import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'reload',
  summary: 'have the daemon take its file anew, as SIGHUP does, and say what came of it',
  options: DAEMON_OPTIONS,
  examples: ['fairlead reload'],
  async run(_rest, options, io) {
    const { accepted, text: outcome, notes } = await call(daemonOf(options), 'reloadConfig', {});
    if (accepted) io.out(`reloaded: ${outcome}\n`);
    else io.err(`refused, nothing changed: ${outcome}\n`);
    for (const note of notes) io.out(`${note}\n`);
    return accepted ? EXIT.done : EXIT.usage;
  },
};
