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
  const command = [process.execPath, `${ROOT}/test/support/network/injector.mjs`];
  const child = segment.spawn(host, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the injector has no pipes');
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the injector ended with ${code}`);
  });
  gone.catch(() => {});
  const words = createInterface({ input: stdout });
  let count = 0;
  return {
    async send(packets, everyMs = 0) {
      const word = String(count++);
      const lines = packets.flatMap(({ from, to, ttl = 255, bytes }, index) => [
        ...(everyMs > 0 && index > 0 ? [`pause ${everyMs}`] : []),
        `${from} ${to} ${ttl} ${bytes.toString('hex')}`,
      ]);
      const left = new Promise<void>((resolve) => {
        words.on('line', function told(line: string) {
          if (line !== word) return;
          words.off('line', told);
          resolve();
        });
      });
      stdin.write(`${lines.join('\n')}\nsync ${word}\n`);
      await Promise.race([left, gone]);
    },
    close: () => void stdin.end(),
  };
}
