import { call } from '../../api/client.ts';
import type { DirectorEvent } from '../../api/operations.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { everySecond } from '../repeat.ts';

export const command: Command = {
  usage: 'events',
  summary: 'show what was decided and why, oldest first',
  options: [...DAEMON_OPTIONS, JSON_OPTION, { flags: '--follow', summary: 'go on with what happens from now on' }],
  examples: ['fairlead events', 'fairlead events --follow --json | jq -r .text'],
  async run(_rest, options, io) {
    let after = 0;
    const show = async (): Promise<void> => {
      const { events } = await call(daemonOf(options), 'listEvents', { after });
      for (const event of events) io.out(options.json ? `${JSON.stringify(event)}\n` : `${line(event)}\n`);
      after = events.at(-1)?.id ?? after;
    };
    await show();
    if (options.follow) await everySecond(show);
    return EXIT.done;
  },
};

const line = (event: DirectorEvent): string =>
  `${new Date(event.atMs).toISOString()}  ${event.kind.padEnd(8)}  ${event.text}`;
