import { readFileSync } from 'node:fs';
import type { ConnectOptions } from '../api/client.ts';
import { failure } from '../base/errors.ts';
import { DEFAULT_SOCKET } from '../base/paths.ts';
import type { CommandOption, Options } from './command.ts';

/** How a command reaches its daemon: an option, or the variable of the environment that stands for it. */
const WAYS = {
  socket: { flags: '--socket <path>', summary: `socket of the daemon; ${DEFAULT_SOCKET} when absent` },
  host: { flags: '--host <url>', summary: 'ask over TCP instead, such as https://lb1:8443' },
  tokenFile: { flags: '--token-file <file>', summary: 'file that holds the token to send to the host' },
  ca: { flags: '--ca <file>', summary: 'certificate of the authority that vouches for the host, PEM' },
  cert: { flags: '--cert <file>', summary: 'client certificate for the host, PEM' },
  key: { flags: '--key <file>', summary: 'its key, PEM' },
} as const satisfies Record<string, CommandOption>;
type Way = keyof typeof WAYS;

/** `tokenFile` as FAIRLEAD_TOKEN_FILE. */
const variable = (way: string): string => `FAIRLEAD_${way.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

/** What every command takes that asks the daemon. */
export const DAEMON_OPTIONS: readonly CommandOption[] = Object.entries(WAYS).map(([way, { flags, summary }]) => ({
  flags,
  summary: `${summary} [${variable(way)}]`,
}));

export function daemonOf(options: Options, environment: NodeJS.ProcessEnv = process.env): ConnectOptions {
  const way = (name: Way): string | undefined => {
    const given = options[name];
    return typeof given === 'string' ? given : environment[variable(name)] || undefined;
  };
  const [socket, host] = [way('socket'), way('host')];
  // What was typed counts more than the environment.
  if (host === undefined || (typeof options.socket === 'string' && options.host === undefined))
    return socket === undefined ? {} : { socket };
  if (typeof options.socket === 'string') throw failure('usage', { detail: 'expected --socket or --host, got both' });
  const read = (name: Way): string | undefined => {
    const file = way(name);
    return file === undefined ? undefined : readText(file);
  };
  const [token, ca, cert, key] = [read('tokenFile')?.trim(), read('ca'), read('cert'), read('key')];
  return { host, ...(token && { token }), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw failure('config-unreadable', { file, reason: (error as Error).message }, error);
  }
}
