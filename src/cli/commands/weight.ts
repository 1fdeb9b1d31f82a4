import { connect } from '../../api/client.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import { CIRCUMSTANCES, circumstances } from '../circumstances.ts';
import type { Command } from '../command.ts';
import { daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'weight <service> <server> [weight]',
  summary: 'give a server another weight than the file does, until --clear; kept across restarts',
  options: [...CHANGE_OPTIONS, { flags: '--clear', summary: 'the weight of the file again' }, ...CIRCUMSTANCES],
  examples: ['fairlead weight web 10.0.0.12 5', 'fairlead weight web 10.0.0.12 --clear'],
  async run([service = '', server = '', word], options, io) {
    const clear = options.clear === true;
    if (clear !== (word === undefined) || !/^\d+$/.test(word ?? '0'))
      throw failure('usage', { detail: `expected a weight such as 5, or --clear, got "${word ?? 'neither'}"` });
    const client = connect(daemonOf(options));
    const body = { weight: Number(word), ...circumstances(options, Date.now()) };
    const change = changeOf(options);
    const now = await (clear
      ? client.clearWeight({ service, server }, change)
      : client.setWeight({ service, server, body }, change));
    const set = clear ? 'has the weight of its file again' : `has weight ${word}`;
    if (options.json) io.out(`${JSON.stringify(now)}\n`);
    else io.out(`${service}/${server} ${set}; in the kernel: ${now.weight ?? 'not in the table'}\n`);
    return EXIT.done;
  },
};
