import { connect } from 'node:net';
import { join } from 'node:path';
import { probe } from '../probe/ask.ts';
import { haproxyOf } from './protocols.ts';
import type { Place, ServerRow } from './server.ts';

/** HAProxy with a backend of servers that it checks by itself, and what it thinks of them. */

export interface Watched {
  /** Of the server in HAProxy's words: `agent-check agent-port 4711`, `check`. */
  readonly how: string;
  readonly port: number;
}

/** Their weight is 100; `backend`: further lines of it. */
export const haproxyWatching = (servers: readonly Watched[], backend = ''): ServerRow => ({
  ...haproxyOf(({ folder, port }) => {
    const lines = servers.map(
      ({ how, port: at }, index) => `  server s${index} 127.0.0.1:${at} weight 100 inter 50 rise 1 fall 1 ${how}`,
    );
    return `global
  stats socket ${join(folder, 'stats')} mode 600 level admin
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  ${backend}
${lines.join('\n')}
`;
  }),
  ready: async ({ port }) => (await probe('tcp', port)).ok,
});

/** What HAProxy thinks of a server (management guide, "show servers state"). */
export interface HaproxyState {
  readonly up: boolean;
  readonly admin: 'ready' | 'drain' | 'maint';
  /** Percent of the weight in its file. */
  readonly percent: number;
}

const ADMIN = { maint: 0x01 | 0x02 | 0x20, drain: 0x08 | 0x10 };

export async function statesOf({ folder }: Pick<Place, 'folder'>): Promise<HaproxyState[]> {
  const text = await ask(join(folder, 'stats'), 'show servers state b');
  const [, head = '', ...rows] = text.trim().split('\n');
  const names = head.replace(/^# /, '').split(' ');
  return rows.map((row) => {
    const values = row.split(' ');
    const number = (name: string): number => Number(values[names.indexOf(name)]);
    const admin = number('srv_admin_state');
    return {
      up: number('srv_op_state') === 2,
      admin: admin & ADMIN.maint ? 'maint' : admin & ADMIN.drain ? 'drain' : 'ready',
      percent: number('srv_uweight'),
    };
  });
}

const ask = (socket: string, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const stats = connect(socket, () => stats.write(`${command}\n`));
    stats
      .on('data', (part) => {
        text += String(part);
      })
      .on('error', reject)
      .on('end', () => resolve(text));
  });
