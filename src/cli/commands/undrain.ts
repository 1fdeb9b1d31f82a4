import { connect } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import type { Command } from '../command.ts';
import { daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'undrain <service> [server]',
  summary: 'let a drained server, or every drained server of a service, take new connections again',
  options: CHANGE_OPTIONS,
  examples: ['fairlead undrain web 10.0.0.12', 'fairlead undrain web   # all of its servers'],
  async run([service = '', server], options, io) {
    const client = connect(daemonOf(options));
    const change = changeOf(options);
    const now = await (server === undefined
      ? client.undrainService({ service }, change)
      : client.undrainServer({ service, server }, change));
    const [who, verb] =
      server === undefined ? [`every server of ${service}`, 'takes'] : [`${service}/${server}`, 'takes'];
    if (options.json) io.out(`${JSON.stringify(now)}\n`);
    else io.out(`${who} ${verb} new connections again as its health allows\n`);
    return EXIT.done;
  },
};
