import { EXIT } from '../base/errors.ts';
import type { CommandOption, Io, Options } from './command.ts';

/** Runs `work` once a second until the process is told to end. Rejects with what `work` rejects with. */
export async function everySecond(work: () => Promise<void>): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await work();
  }
}

export const WATCH_OPTION: CommandOption = {
  flags: '--watch',
  summary: 'again every second; with --json one line each',
};

/** Prints what `show` gives, with --watch again and again: in place on a terminal, below each other elsewhere. */
export async function watched(options: Options, io: Io, show: () => Promise<string>): Promise<number> {
  const print = async (): Promise<void> => {
    const shown = await show();
    io.out(options.watch && io.terminal && !options.json ? `\u001b[H\u001b[2J${shown}\n` : `${shown}\n`);
  };
  await print();
  if (options.watch) await everySecond(print);
  return EXIT.done;
}
