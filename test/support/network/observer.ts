import { spawn } from 'node:child_process';
import { decodeAdvert, type SeenAdvert } from './advert.ts';

/** Monotonic milliseconds, with fractions: the clock of everything that the observer tells. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

export type Seen =
  /** A probe of the virtual address came back from this node. */
  | { readonly kind: 'answer'; readonly at: number; readonly node: string }
  /** A probe of an address that no fault touches came back. */
  | { readonly kind: 'control'; readonly at: number }
  | {
      readonly kind: 'add' | 'del';
      readonly at: number;
      readonly node: string;
      readonly link: string;
      readonly address: string;
    }
  /** Came in at this host's port of the switch, whatever address it says it is from. */
  | ({ readonly kind: 'advert'; readonly at: number; readonly port: string } & SeenAdvert)
  /** The kernel had more to tell than fitted. */
  | { readonly kind: 'lost'; readonly at: number; readonly node: string };

/** Sees a segment from outside, in one small program: test/support/network/observer.cc. */
export interface Observer {
  readonly pid: number;
  /** Probes this address every millisecond from now on. */
  probe(address: string): void;
  quiet(): void;
  /** All that happened since the last call, in order. */
  read(): Promise<readonly Seen[]>;
  close(): void;
}

interface Where {
  readonly nodes: readonly (readonly [name: string, netns: string])[];
  readonly client: string;
  readonly witness: string;
  readonly switch: string;
}

const CONTROL = '10.77.0.201';
const PROGRAM = `${process.env.FAIRLEAD_ROOT ?? process.cwd()}/.cache/network/observer`;

export async function startObserver(where: Where): Promise<Observer> {
  const args = where.nodes.flatMap(([name, netns]) => ['--node', name, netns]);
  for (const host of ['client', 'witness', 'switch'] as const) args.push(`--${host}`, where[host]);
  const child = spawn(PROGRAM, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let waiting: ((dump: string) => void) | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the observer ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      text += data;
      if (text === 'ready\n') {
        text = '';
        resolve();
      }
      if (!text.endsWith('\n.\n') && text !== '.\n') return;
      const dump = text.slice(0, -2);
      text = '';
      waiting?.(dump);
    });
  });
  await ready;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    pid: child.pid ?? 0,
    probe: (address) => void child.stdin.write(`probe ${address} ${CONTROL}\n`),
    quiet: () => void child.stdin.write('quiet\n'),
    read() {
      const next = turn.then(
        () =>
          new Promise<readonly Seen[]>((resolve) => {
            waiting = (dump) => resolve(dump.split('\n').flatMap(parse));
            child.stdin.write('dump\n');
          }),
      );
      turn = next;
      return next;
    },
    close: () => void child.stdin.end(),
  };
}

function parse(line: string): Seen[] {
  const [kind = '', ns = '', ...rest] = line.split(' ');
  const at = Number(ns) / 1e6;
  const [first = '', second = '', third = '', fourth = '', hex = ''] = rest;
  if (kind === 'answer' || kind === 'lost') return [{ kind, at, node: first }];
  if (kind === 'control') return [{ kind, at }];
  if (kind === 'add' || kind === 'del') return [{ kind, at, node: first, link: second, address: third }];
  if (kind !== 'advert') return [];
  const advert = decodeAdvert({ source: second, destination: third, ttl: Number(fourth), hex });
  return [{ kind, at, port: first, ...advert }];
}
