import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { CIRCUMSTANCES, circumstances } from '../circumstances.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'drain <service> <server>',
  summary: 'send no new connections to a server; open ones go on; kept across restarts until `undrain`',
  options: [...DAEMON_OPTIONS, JSON_OPTION, ...CIRCUMSTANCES],
  examples: [
    'fairlead drain web 10.0.0.12',
    'fairlead drain web 10.0.0.12 --reason "new disk" --for 2h',
    'fairlead status   # watch its connections end',
  ],
  async run([service = '', server = ''], options, io) {
    const body = circumstances(options, Date.now());
    const operation = await call(daemonOf(options), 'drainServer', { service, server, body });
    if (options.json) io.out(`${JSON.stringify(operation)}\n`);
    else io.out(`${service}/${server} gets no new connections; ${operation.openConnections} are still open\n`);
    return EXIT.done;
  },
};
