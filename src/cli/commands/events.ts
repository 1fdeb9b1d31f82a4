import { call, connect } from '../../api/client.ts';
import type { DirectorEvent } from '../../api/operations.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'events',
  summary: 'show what was decided and why, oldest first',
  options: [
    ...DAEMON_OPTIONS,
    JSON_OPTION,
    { flags: '--follow', summary: 'go on with what happens from now on, over restarts of the daemon' },
  ],
  examples: ['fairlead events', 'fairlead events --follow --json | jq -r .text'],
  async run(_rest, options, io) {
    const show = (event: DirectorEvent): void =>
      io.out(options.json ? `${JSON.stringify(event)}\n` : `${line(event)}\n`);
    if (!options.follow) {
      for (const event of (await call(daemonOf(options), 'listEvents', {})).events) show(event);
      return EXIT.done;
    }
    const onLost = (reason: string | null): void =>
      io.err(reason === null ? 'fairlead: there again\n' : `fairlead: ${reason}; asking again\n`);
    for await (const event of connect(daemonOf(options)).events({}, { onLost })) show(event);
    return EXIT.done;
  },
};

const line = (event: DirectorEvent): string =>
  `${new Date(event.atMs).toISOString()}  ${event.kind.padEnd(8)}  ${event.text}`;
