import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import { createProber } from '../../src/probe/index.ts';
import { settingsOf } from '../support/probe/ask.ts';

/** Where probes come from, in a namespace that has no way out for what bears one mark. */

const NAME = `fl-source-${process.pid}`;
const ip = (...words: readonly string[]): void => void execFileSync('ip', words);
const clock = { now: () => performance.now(), wall: () => Date.now() };
const prober = createProber(clock, runProgram, openProbeEngine({ netns: `/run/netns/${NAME}` }));

beforeAll(() => {
  ip('netns', 'add', NAME);
  const inside = (...words: readonly string[]): void => ip('-n', NAME, ...words);
  inside('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
  for (const link of ['lo', 'v0', 'v1']) inside('link', 'set', link, 'up');
  inside('address', 'add', '10.1.1.1/24', 'dev', 'v0');
  inside('rule', 'add', 'fwmark', '9', 'type', 'unreachable', 'priority', '5');
});
afterAll(() => ip('netns', 'delete', NAME));

test.each(['http', 'dns'] as const)('what %s sends bears the mark', async (kind) => {
  const given = kind === 'dns' ? { name: 'example.com' } : {};
  const ask = (mark: number) =>
    prober.probe(
      { address: '10.1.1.2', port: 53, from: { mark } },
      settingsOf(kind, given, 200),
      new AbortController().signal,
    );
  expect(await ask(9)).toMatchObject({ outcome: 'unreachable' });
  expect(await ask(8)).toMatchObject({ outcome: 'timeout' });
});
