import { call } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { patiently } from '../progress.ts';

export const command: Command = {
  usage: 'failover <instance>',
  summary: 'hand an instance over without a gap: a master gives it away, a backup takes it',
  options: [...DAEMON_OPTIONS, JSON_OPTION, { flags: '--to-peer', summary: 'only give it away; fails on a backup' }],
  examples: ['fairlead failover edge', 'fairlead failover edge --to-peer'],
  async run([instance = ''], options, io) {
    const to = options.toPeer ? 'peer' : 'other';
    const asked = call(daemonOf(options), 'failOver', { instance, body: { to } });
    const outcome = await patiently(io, `waiting for the hand-over of ${instance}`, asked);
    if (options.json) io.out(`${JSON.stringify(outcome)}\n`);
    else if (outcome.done) io.out(`${outcome.text}\n`);
    else io.err(`${outcome.text}\n`);
    return outcome.done ? EXIT.done : EXIT.failed;
  },
};
