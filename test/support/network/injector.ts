import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Segment } from '../segment.ts';
import { ROOT } from './nodes/node.ts';

export interface Packet {
  /** Anybody's address. */
  readonly from: string;
  readonly to: string;
  readonly ttl?: number;
  /** What follows the IP header. */
  readonly bytes: Buffer;
}

/** Sends packets into a segment from its witness. */
export interface Injector {
  /** Resolves when all have left; `everyMs` apart. */
  send(packets: readonly Packet[], everyMs?: number): Promise<void>;
  close(): void;
}

/** Starts test/support/network/injector.mjs, which sends with raw-socket. */
export function startInjector(segment: Segment, host = 'witness'): Injector {
  const { say, close } = talkTo(segment, host, [process.execPath, `${ROOT}/test/support/network/injector.mjs`]);
  return {
    send: (packets, everyMs = 0) =>
      say(
        packets.flatMap(({ from, to, ttl = 255, bytes }, index) => [
          ...(everyMs > 0 && index > 0 ? [`pause ${everyMs}`] : []),
          `${from} ${to} ${ttl} ${bytes.toString('hex')}`,
        ]),
      ),
    close,
  };
}

/** Sends whole Ethernet frames from a host, tens of thousands a second. */
export interface Sender {
  /** Resolves when each has left `times`. */
  send(frames: readonly Buffer[], times?: number): Promise<void>;
  close(): void;
}

/** Starts test/support/network/sender.cc. */
export function startSender(segment: Segment, host = 'witness'): Sender {
  const { say, close } = talkTo(segment, host, [`${ROOT}/.cache/network/sender`]);
  return { send: (frames, times = 1) => say(frames.map((frame) => `${times} ${frame.toString('hex')}`)), close };
}

/** A program that takes lines, and says a word back when everything before it is done. */
function talkTo(segment: Segment, host: string, command: readonly string[]) {
  const { stdin, stdout, ...child } = spawned(segment, host, command);
  const words = createInterface({ input: stdout });
  let count = 0;
  return {
    async say(lines: readonly string[]): Promise<void> {
      const word = String(count++);
      const left = new Promise<void>((resolve) => {
        words.on('line', function told(line: string) {
          if (line !== word) return;
          words.off('line', told);
          resolve();
        });
      });
      stdin.write(`${lines.join('\n')}\nsync ${word}\n`);
      await Promise.race([left, child.gone]);
    },
    close: () => void stdin.end(),
  };
}

function spawned(segment: Segment, host: string, command: readonly string[]) {
  const child = segment.spawn(host, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error(`${command.join(' ')} has no pipes`);
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${command.join(' ')} ended with ${code}`);
  });
  gone.catch(() => {});
  return { stdin, stdout, gone };
}
