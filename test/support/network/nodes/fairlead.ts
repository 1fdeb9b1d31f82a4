import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { type Segment, until } from '../../segment.ts';
import {
  bare,
  type Daemon,
  endDaemon,
  type InstanceSpec,
  type Node,
  ROOT,
  type Role,
  readLog,
  startDaemon,
  sweepHost,
} from './node.ts';

const CLI = join(ROOT, 'dist/cli.js');

/** One instance as `fairlead instances --json` prints it; only what tests look at. */
export interface InstanceStatus {
  readonly name: string;
  readonly role: Role;
  /** Packets by verdict. */
  readonly packets: Readonly<Record<string, number>>;
}

export interface FairleadNode extends Node {
  instances(): Promise<readonly InstanceStatus[]>;
  /** Runs a command of ours against this director. */
  command(...words: string[]): Promise<string>;
}

/** Writes a fairlead.yaml and runs the built daemon with it; `extra` goes into every instance's settings. */
export function fairlead(
  segment: Segment,
  host: string,
  instances: readonly InstanceSpec[],
  extra: Readonly<Record<string, unknown>> = {},
): FairleadNode {
  const file = (name: string): string => join(segment.folder, `${host}-fairlead.${name}`);
  const socket = file('sock');
  let daemon: Daemon | undefined;
  const command = async (...words: string[]): Promise<string> => {
    const args = [CLI, ...words, '--socket', socket];
    return (await promisify(execFile)(process.execPath, args, { encoding: 'utf8' })).stdout;
  };
  const status = async (): Promise<readonly InstanceStatus[]> => {
    const parsed = JSON.parse(await command('instances', '--json')) as
      | { instances: readonly InstanceStatus[] }
      | readonly InstanceStatus[];
    return 'instances' in parsed ? parsed.instances : parsed;
  };
  return {
    kind: 'fairlead',
    host,
    async start() {
      const director = { name: host, socket, state: file('state') };
      const settings = instances.map((instance) => ({ ...settingsOf(instance), ...extra }));
      writeFileSync(file('yaml'), stringify({ director, instances: settings }));
      writeFileSync(file('log'), '');
      const words = [process.execPath, CLI, 'run', file('yaml')];
      daemon = startDaemon(segment, host, words, file('log'));
      await until(`fairlead runs on ${host}`, async () => {
        if (!daemon?.alive()) throw new Error(`fairlead ended on ${host}:\n${readLog(file('log'))}`);
        return segment.exec(host, ['test', '-S', socket]).then(
          () => true,
          () => false,
        );
      });
    },
    stop: () => endDaemon(daemon),
    async role(instance) {
      return (await status()).find(({ name }) => name === instance)?.role ?? 'init';
    },
    holds: async (address) => (await segment.addresses(host)).includes(bare(address)),
    mainPid: () => daemon?.pid ?? 0,
    log: () => readLog(file('log')),
    tidy: () => sweepHost(segment, host, instances),
    instances: status,
    command,
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
  ...(instance.password ? { authentication: { password: instance.password } } : {}),
  ...(instance.virtualMac ? { virtualMac: true } : {}),
});
