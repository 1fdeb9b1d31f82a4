import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect, type Operation } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import { CIRCUMSTANCES, circumstances, durationOf } from '../circumstances.ts';
import type { Command, Io } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { patiently } from '../progress.ts';

const LOOK_MS = 500;

export const command: Command = {
  usage: 'drain <service> [server]',
  summary:
    'send no new connections to a server, or to any server of a service; open ones go on; kept across restarts until `undrain`',
  options: [
    ...CHANGE_OPTIONS,
    ...CIRCUMSTANCES,
    { flags: '--wait', summary: 'until no connection is open any more' },
    { flags: '--timeout <duration>', summary: 'with --wait: at most so long, such as 5m; exit code 1 then' },
  ],
  examples: [
    'fairlead drain web 10.0.0.12',
    'fairlead drain web 10.0.0.12 --reason "new disk" --for 2h',
    'fairlead drain web 10.0.0.12 --wait --timeout 5m && ssh 10.0.0.12 reboot',
    'fairlead drain web   # every server of the service',
    'fairlead status   # watch its connections end',
  ],
  async run([service = '', server], options, io) {
    const body = circumstances(options, Date.now());
    const limitMs = typeof options.timeout === 'string' ? durationOf('--timeout', options.timeout) : null;
    const client = connect(daemonOf(options));
    const change = changeOf(options);
    const begun =
      server === undefined
        ? (await client.drainService({ service, body }, change)).operations
        : [await client.drainServer({ service, server, body }, change)];
    for (const warning of new Set(begun.flatMap(({ warnings }) => warnings))) io.err(`${service}: ${warning}\n`);
    const operations = options.wait ? await ended(client, begun, limitMs, io) : begun;
    const printed = server === undefined ? { operations } : operations[0];
    io.out(options.json ? `${JSON.stringify(printed)}\n` : `${inWords(service, operations, options.wait === true)}\n`);
    return options.wait && operations.some(({ state }) => state !== 'done') ? EXIT.failed : EXIT.done;
  },
};

/** Follows operations until all have ended, or the time is over. */
async function ended(
  client: Client,
  begun: readonly Operation[],
  limitMs: number | null,
  io: Io,
): Promise<readonly Operation[]> {
  let now = begun;
  const running = (): boolean => now.some(({ state }) => state === 'running');
  const limit = performance.now() + (limitMs ?? Number.POSITIVE_INFINITY);
  const follow = async (): Promise<void> => {
    while (running() && performance.now() < limit) {
      await sleep(Math.min(LOOK_MS, limit - performance.now()));
      now = await Promise.all(now.map(({ id }) => client.getOperation({ operation: id })));
    }
  };
  await patiently(io, () => `waiting for ${count(openOf(now))} to end, of ${sum(now, 'initialConnections')}`, follow());
  return now;
}

const sum = (all: readonly Operation[], key: 'openConnections' | 'initialConnections'): number =>
  all.reduce((total, each) => total + each[key], 0);
const openOf = (all: readonly Operation[]): number => sum(all, 'openConnections');
const count = (connections: number): string => `${connections} connection${connections === 1 ? '' : 's'}`;

function inWords(service: string, operations: readonly Operation[], waited: boolean): string {
  if (operations.length === 0) return `${service}: no server is left to drain`;
  return operations
    .map(({ server, state, why, openConnections }) => {
      if (waited && state !== 'running') return `${service}/${server}: ${why}`;
      return `${service}/${server} gets no new connections; ${openConnections} are still open`;
    })
    .join('\n');
}
