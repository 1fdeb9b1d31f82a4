import { call } from '../../api/client.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { type Command, JSON_OPTION, SOCKET_OPTION, text } from '../command.ts';
import { styleOf } from '../style.ts';
import { renderInstances } from './instances.ts';

export const command: Command = {
  usage: 'maintenance <on|off>',
  summary: 'hand every instance over and take none until it is off again; kept across restarts',
  options: [SOCKET_OPTION, JSON_OPTION],
  examples: ['fairlead maintenance on', 'fairlead maintenance off'],
  async run([word = ''], options, io) {
    if (word !== 'on' && word !== 'off') throw failure('usage', { detail: `expected on or off, got "${word}"` });
    const status = await call(text(options.socket), 'setMaintenance', { body: { on: word === 'on' } });
    io.out(options.json ? `${JSON.stringify(status)}\n` : `${renderInstances(status, styleOf(io))}\n`);
    return EXIT.done;
  },
};
