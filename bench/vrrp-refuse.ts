import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figures } from './harness.ts';

const CODEC = ['packet', 'message', 'checksum', 'hmac', 'sha256'].map((name) => `native/vrrp/${name}.cc`);
const FLAGS = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', '-Inative'];

/** What a hostile packet costs the engine's thread, by the reason for which it is refused. */
export const bench: Bench = {
  title: 'a refused VRRP packet, ns by reason',
  place: 'host',
  peers: {},
  ratios: [
    { title: 'the dearest reason, ns', of: 'refuse.most-ns', aim: '<= 10000' },
    { title: 'an accepted advert, ns', of: 'refuse.accepted-ns' },
  ],
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-refuse-'));
    const program = join(folder, 'refuse');
    execFileSync('g++', [...FLAGS, 'bench/native/refuse.cc', ...CODEC, '-o', program]);
    return {
      sides: [{ name: 'refuse', run: async () => JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Figures }],
      async teardown() {
        rmSync(folder, { recursive: true });
      },
    };
  },
};
