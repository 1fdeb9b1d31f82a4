import type { ReadStream } from 'node:tty';
import type { Client } from '../../api/client.ts';
import { painter } from '../style.ts';
import { frame, type Line } from './frame.ts';
import type { Effect, Input, State } from './state.ts';
import { subjectOf } from './state.ts';
import { step } from './step.ts';
import { Terminal, type TerminalOut } from './terminal.ts';
import { Watcher } from './watch.ts';

/** A daemon with much to tell is looked at less often: it shall spend at most this share of its time on us. */
const LEAST_REST = 4;

export const painted = (line: Line, paint: ReturnType<typeof painter>): string =>
  line.map(({ text, tone }) => (tone === undefined ? text : paint(tone, text))).join('');

/** Shows the daemon on a terminal until the operator has seen enough. Rejects when the first look fails. */
export async function runTop(
  client: Client,
  start: (size: State['size']) => State,
  { stdin, stdout, colour }: { readonly stdin: ReadStream; readonly stdout: TerminalOut; readonly colour: boolean },
): Promise<void> {
  const watcher = new Watcher(client);
  const paint = painter(colour);
  // Without a daemon there is nothing to show: the error is better read on the usual screen.
  const state0 = start({ columns: stdout.columns, rows: stdout.rows });
  const first = await watcher.look(subjectOf(state0));
  await new Promise<void>((resolve) => {
    let state = step(state0, { kind: 'look', look: first }).state;
    let timer: NodeJS.Timeout | undefined;
    let looking = false;
    let over = false;

    const terminal = new Terminal(stdin, stdout, {
      onKey: (key) => take({ kind: 'key', key }),
      onSize: (size) => take({ kind: 'size', size }),
      onGone: () => end(),
    });
    const draw = (): void => terminal.draw(frame(state).map((line) => painted(line, paint)));
    const end = (): void => {
      over = true;
      clearTimeout(timer);
      terminal.close();
      resolve();
    };

    const take = (input: Input): void => {
      if (over) return;
      const { state: next, effects } = step(state, input);
      state = next;
      draw();
      for (const effect of effects) EFFECTS[effect.kind](effect as never);
    };

    const look = async (): Promise<void> => {
      if (looking || over) return;
      looking = true;
      clearTimeout(timer);
      const began = performance.now();
      const input = await watcher.look(subjectOf(state)).then(
        (found): Input => ({ kind: 'look', look: found }),
        (error: unknown): Input => ({ kind: 'lost', reason: error instanceof Error ? error.message : String(error) }),
      );
      looking = false;
      take(input);
      const rest = Math.max(state.intervalMs, LEAST_REST * (performance.now() - began));
      if (!over && !state.paused) timer = setTimeout(() => void look(), rest);
    };

    const EFFECTS: { readonly [K in Effect['kind']]: (effect: Extract<Effect, { kind: K }>) => void } = {
      quit: end,
      suspend: () => terminal.suspend(),
      redraw() {
        terminal.forget();
        draw();
      },
      look: () => void look(),
      act: ({ action }) => void watcher.act(action).then((message) => take({ kind: 'done', message })),
    };

    draw();
    timer = setTimeout(() => void look(), state.intervalMs);
  });
}
