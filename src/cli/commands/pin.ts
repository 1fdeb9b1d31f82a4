import { connect } from '../../api/client.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import { CIRCUMSTANCES, circumstances } from '../circumstances.ts';
import type { Command } from '../command.ts';
import { daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'pin <service> <server> <up|down|off>',
  summary: 'say that a server is up or down, whatever its checks find, until off; kept across restarts',
  options: [...CHANGE_OPTIONS, ...CIRCUMSTANCES],
  examples: [
    'fairlead pin web 10.0.0.12 up --reason "its health page is broken" --for 1h',
    'fairlead pin web 10.0.0.12 off',
  ],
  async run([service = '', server = '', word = ''], options, io) {
    if (word !== 'up' && word !== 'down' && word !== 'off')
      throw failure('usage', { detail: `expected up, down or off, got "${word}"` });
    const change = changeOf(options);
    const client = connect(daemonOf(options));
    const now = await (word === 'off'
      ? client.clearState({ service, server }, change)
      : client.setState({ service, server, body: { state: word, ...circumstances(options, Date.now()) } }, change));
    if (options.json) io.out(`${JSON.stringify(now)}\n`);
    else io.out(`${service}/${server} is ${word === 'off' ? 'as its checks say again' : `pinned ${word}`}\n`);
    return EXIT.done;
  },
};
