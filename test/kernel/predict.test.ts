import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import { ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { type Bench, compare, VIRTUAL } from '../support/draw-bench.ts';

const NAMESPACE = 'fairlead-predict';
const directory = mkdtempSync(join(tmpdir(), 'fairlead-predict-'));
const sender = join(directory, 'spray');

async function command(argv: readonly string[], input = ''): Promise<string> {
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${complaints}`);
  return output;
}

const inside = (...argv: string[]): string[] => ['ip', 'netns', 'exec', NAMESPACE, ...argv];

beforeAll(async () => {
  const source = join(ROOT_DIRECTORY, 'test/support/spray.cc');
  await command(['g++', '-std=c++20', '-o', sender, source]);
  await command(['ip', 'netns', 'add', NAMESPACE]);
  await command(['ip', '-n', NAMESPACE, 'link', 'set', 'lo', 'up']);
  await command(['ip', '-n', NAMESPACE, 'address', 'add', `${VIRTUAL.inet}/32`, 'dev', 'lo']);
  await command(['ip', '-n', NAMESPACE, 'address', 'add', `${VIRTUAL.inet6}/128`, 'dev', 'lo', 'nodad']);
});

afterAll(async () => {
  await command(['ip', 'netns', 'delete', NAMESPACE]);
  rmSync(directory, { recursive: true });
});

test('10,000 clients get the server that was predicted', { timeout: 300_000 }, async () => {
  const ipvs = openIpvs({ netns: `/run/netns/${NAMESPACE}` });
  const bench: Bench = {
    ipvs,
    spray: async (lines) => void (await command(inside(sender), `${lines.join('\n')}\n`)),
    connections: () => command(inside('cat', '/proc/net/ip_vs_conn')),
  };
  try {
    const outcomes = await compare(bench);
    expect(outcomes.flatMap(({ name, differences }) => differences.map((line) => `${name}: ${line}`))).toEqual([]);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.clients, 0)).toBe(10_000);
    // Not by everything being refused: some draws refuse some clients, one refuses all.
    expect(outcomes.reduce((sum, outcome) => sum + outcome.refused, 0)).toBeLessThan(1_000);
  } finally {
    ipvs.close();
  }
});
