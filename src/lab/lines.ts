import type { Readable } from 'node:stream';
import { failure } from '../base/errors.ts';

/** Waits for lines in streams, in the order they come. Reading starts with the first call, and nothing is lost between
 *  calls. */
export function lineWaiter(streams: readonly Readable[], exited: Promise<unknown>) {
  const unread: string[] = [];
  let last: string[] = [];
  let wake: () => void = () => {};
  let ended = false;
  let reading = false;
  const read = () => {
    if (reading) return;
    reading = true;
    for (const stream of streams) {
      let rest = '';
      stream.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        unread.push(...lines);
        wake();
      });
    }
    const end = () => {
      ended = true;
      wake();
    };
    exited.then(end, end);
  };

  return async (pattern: RegExp, timeoutMs = 30_000): Promise<string> => {
    read();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      wake();
    }, timeoutMs);
    try {
      for (;;) {
        for (let line = unread.shift(); line !== undefined; line = unread.shift()) {
          last = [...last.slice(-4), line];
          if (pattern.test(line)) return line;
        }
        if (late || ended) {
          const why = late ? `${timeoutMs} ms had passed` : 'the command ended';
          const reason = `no line matched ${pattern} before ${why}; the last ones: ${last.join(' | ')}`;
          throw failure('lab-failed', { reason, advice: 'look at what the command printed' });
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  };
}
