import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'undrain <service> <server>',
  summary: 'let a drained server take new connections again',
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: ['fairlead undrain web 10.0.0.12'],
  async run([service = '', server = ''], options, io) {
    const now = await call(daemonOf(options), 'undrainServer', { service, server });
    if (options.json) io.out(`${JSON.stringify(now)}\n`);
    else io.out(`${service}/${server} takes new connections again as its health allows\n`);
    return EXIT.done;
  },
};
