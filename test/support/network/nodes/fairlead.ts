import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { call } from '../../../../src/api/client.ts';
import type { InstanceStatus } from '../../../../src/api/operations.ts';
import { type Segment, until } from '../../segment.ts';
import {
  bare,
  type Daemon,
  endDaemon,
  type InstanceSpec,
  type Node,
  ROOT,
  readLog,
  startDaemon,
  sweepHost,
} from './node.ts';

/** Many begin at once here, on a machine with few processors. */
const STARTING_MS = 60_000;
const CLI = join(ROOT, 'dist/cli.js');

export interface FairleadNode extends Node {
  /** What `fairlead instances --json` prints. */
  instances(): Promise<readonly InstanceStatus[]>;
  /** Runs a command of ours against this director. */
  command(...words: string[]): Promise<string>;
  /** Writes another file, from these instances (and with more settings of each) or this text, and takes it. Answers whether
   *  it was accepted. */
  reload(next: readonly InstanceSpec[] | string, changed?: FairleadOptions['instance']): Promise<boolean>;
}

export interface FairleadOptions {
  /** More settings of every instance. */
  readonly instance?: Readonly<Record<string, unknown>>;
  /** More settings of the director. */
  readonly director?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes a fairlead.yaml and runs the built daemon with it. */
export function fairlead(
  segment: Segment,
  host: string,
  instances: readonly InstanceSpec[],
  { instance: extra = {}, director: more = {}, env = {} }: FairleadOptions = {},
): FairleadNode {
  const file = (name: string): string => join(segment.folder, `${host}-fairlead.${name}`);
  const socket = file('sock');
  let daemon: Daemon | undefined;
  let configure = (_list: readonly InstanceSpec[], _changed: FairleadOptions['instance']): string => '';
  const command = async (...words: string[]): Promise<string> => {
    const args = [CLI, ...words, '--socket', socket];
    return (await promisify(execFile)(process.execPath, args, { encoding: 'utf8' })).stdout;
  };
  const status = async (): Promise<readonly InstanceStatus[]> =>
    (await call({ socket }, 'listInstances', {})).instances;
  return {
    kind: 'fairlead',
    host,
    async start() {
      const files = { state: file('state'), history: file('history'), overrides: file('overrides') };
      const director = { name: host, socket, ...files, ...more };
      configure = (list, changed) =>
        stringify({ director, instances: list.map((instance) => ({ ...settingsOf(instance), ...extra, ...changed })) });
      writeFileSync(file('yaml'), configure(instances, {}));
      writeFileSync(file('log'), '');
      const words = [process.execPath, CLI, 'run', file('yaml')];
      daemon = startDaemon(segment, host, words, file('log'), { ...process.env, ...env });
      await until(
        `fairlead runs on ${host}`,
        async () => {
          if (!daemon?.alive()) throw new Error(`fairlead ended on ${host}:\n${readLog(file('log'))}`);
          return status().then(
            () => true,
            () => false,
          );
        },
        STARTING_MS,
      );
    },
    stop: () => endDaemon(daemon),
    async role(instance) {
      return (await status()).find(({ name }) => name === instance)?.state ?? 'init';
    },
    holds: async (address) => (await segment.addresses(host)).includes(bare(address)),
    mainPid: () => daemon?.pid ?? 0,
    log: () => readLog(file('log')),
    tidy: () => sweepHost(segment, host, instances),
    instances: status,
    command,
    async reload(next, changed = {}) {
      writeFileSync(file('yaml'), typeof next === 'string' ? next : configure(next, changed));
      return (await call({ socket }, 'reloadConfig', {})).accepted;
    },
  };
}

const settingsOf = (instance: InstanceSpec): Record<string, unknown> => ({
  name: instance.name,
  interface: 'eth0',
  vrid: instance.vrid,
  version: instance.version,
  priority: instance.priority,
  advertise: `${instance.advertiseMs}ms`,
  addresses: instance.addresses,
  ...(instance.preempt === undefined ? {} : { preempt: instance.preempt }),
  ...(instance.peers ? { peers: instance.peers } : {}),
  ...(instance.password ? { password: instance.password } : {}),
  ...(instance.virtualMac ? { virtualMac: true } : {}),
});
