import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PEERS, peerEnvironment, ROOT } from '../../test/support/network/nodes/index.ts';

/** Of what is compared. */
export function versions(): Record<string, string> {
  const program = join(PEERS, 'usr/sbin/keepalived');
  const first = (command: string, args: readonly string[], env = process.env): string =>
    execFileSync('sh', ['-c', '"$0" "$@" 2>&1 | head -n 1', command, ...args], { encoding: 'utf8', env }).trim();
  return {
    keepalived: first(program, ['--version'], peerEnvironment()),
    fairlead: first('git', ['-C', ROOT, 'describe', '--always', '--dirty']),
  };
}
