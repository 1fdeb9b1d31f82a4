import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, SOCKET_OPTION, text } from '../command.ts';

export const command: Command = {
  usage: 'drain <service> <server>',
  summary: 'send no new connections to a server; open ones go on; kept across restarts until `undrain`',
  options: [SOCKET_OPTION],
  examples: ['fairlead drain web 10.0.0.12', 'fairlead status   # watch its connections end'],
  async run([service = '', server = ''], options, io) {
    const { openConnections } = await call(text(options.socket), 'drainServer', { service, server });
    io.out(`${service}/${server} gets no new connections; ${openConnections} are still open\n`);
    return EXIT.done;
  },
};
