import { EXIT, failure } from '../../base/errors.ts';
import { openNet } from '../../kernel/net.ts';
import { listenToVrrp } from '../../kernel/vrrp-listen.ts';
import { KernelError } from '../../model/kernel-error.ts';
import type { WireSettings } from '../../model/vrrp.ts';
import type { SeenPacket } from '../../model/vrrp-packet.ts';
import { packetLine } from '../../vrrp/packet-line.ts';
import { type Command, type Io, JSON_OPTION, text } from '../command.ts';

export const command: Command = {
  usage: 'vrrp <dump> <interface>',
  summary: 'dump: print the VRRP packets an interface sees, and what is wrong with them',
  options: [JSON_OPTION, { flags: '--count <number>', summary: 'end after so many packets' }],
  examples: ['fairlead vrrp dump eth0', 'fairlead vrrp dump eth0 --count 10 --json | jq -r .source'],
  async run([verb = '', name = ''], options, io) {
    if (verb !== 'dump') throw failure('usage', { detail: `vrrp has no verb "${verb}"; it has: dump` });
    const count = options.count === undefined ? Number.POSITIVE_INFINITY : Number(text(options.count));
    if (!(count >= 1) || (Number.isFinite(count) && !Number.isInteger(count)))
      throw failure('usage', { detail: `expected --count 1 or more, got "${text(options.count)}"` });
    await dump({ interface: name, count, json: options.json === true }, io);
    return EXIT.done;
  },
};

export interface DumpOptions {
  readonly interface: string;
  /** Packets after which it ends. */
  readonly count: number;
  readonly json: boolean;
  /** Judge by these; without them a packet is judged in itself. */
  readonly instances?: readonly WireSettings[];
}

/** Prints packets until `count` of them were seen. */
export async function dump(options: DumpOptions, io: Io): Promise<void> {
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      let seen = 0;
      stop = listenToVrrp(options, {
        seen(packet) {
          if (seen >= options.count) return;
          io.out(options.json ? `${JSON.stringify(packet)}\n` : `${line(packet)}\n`);
          if (++seen >= options.count) resolve();
        },
        lost: (count) => io.err(`fairlead: ${count} packets came too fast to be printed\n`),
        ended: reject,
      });
    });
  } catch (error) {
    throw await explain(error, options.interface);
  } finally {
    stop();
  }
}

const line = (packet: SeenPacket): string => `${new Date(packet.at).toISOString()}  ${packetLine(packet)}`;

async function explain(error: unknown, name: string): Promise<unknown> {
  if (!(error instanceof KernelError)) return error;
  if (error.code === 'not-permitted') return failure('not-permitted', { operation: 'listening to packets' }, error);
  if (error.code !== 'link-missing')
    return failure('kernel-refused', { operation: error.operation, reason: error.text }, error);
  const net = openNet();
  const present = (await net.links()).map((link) => link.name).join(', ');
  net.close();
  return failure('not-found', { kind: 'interface', name, present }, error);
}
