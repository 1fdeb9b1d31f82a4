import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, SOCKET_OPTION, text } from '../command.ts';

export const command: Command = {
  usage: 'drain <service> <server>',
  summary: 'send no new connections to a server; open ones go on (until the daemon restarts or `undrain`)',
  options: [SOCKET_OPTION],
  examples: ['fairlead drain web 10.0.0.12', 'fairlead status   # watch its connections end'],
  async run([service = '', server = ''], options, io) {
    const status = await call(text(options.socket), 'drain', { service, server });
    const destinations =
      status.services.find((s) => s.name === service)?.listeners.flatMap((l) => l.destinations) ?? [];
    const active = destinations.filter((d) => d.server === server).reduce((sum, d) => sum + d.activeConnections, 0);
    io.out(`${service}/${server} gets no new connections; ${active} are still open\n`);
    return EXIT.done;
  },
};
