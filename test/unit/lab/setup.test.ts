import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { plannedInstalls, plannedRemovals } from '../../../src/setup/apt.mjs';
import { nodeIsRecent, STEPS, type Step, setUp } from '../../../src/setup/steps.mjs';
import { closingLine, countTests } from '../../../src/setup/test.mjs';

describe('the table of steps', () => {
  /** A machine as the names of what it has; each step provides its own name and may need another. */
  function machine(has: string[]) {
    const done: string[] = [];
    const step = (name: string, verbs: string[], needs?: string): Step => ({
      name,
      verbs,
      missing: () => !has.includes(name) && `no ${name}`,
      install() {
        if (needs && !has.includes(needs)) throw new Error(`${name} needs ${needs}`);
        has.push(name);
        done.push(name);
      },
    });
    return {
      done,
      steps: [
        step('node', ['*']),
        step('compiler', ['build', 'test']),
        step('addon', ['build', 'test'], 'compiler'),
        step('kernel', ['test']),
      ],
    };
  }
  const quiet = () => vi.spyOn(process.stderr, 'write').mockReturnValue(true);

  test('is worked through in order, and only as far as the verb needs', async () => {
    const said = quiet();
    const { done, steps } = machine(['node']);
    await setUp('build', steps);
    expect(done).toEqual(['compiler', 'addon']);
    expect(said.mock.calls.join('')).toContain('compiler: no compiler');
    said.mockRestore();
  });

  test('does and says nothing when nothing is missing', async () => {
    const said = quiet();
    const { done, steps } = machine(['node', 'compiler', 'addon', 'kernel']);
    await setUp('test', steps);
    expect(done).toEqual([]);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  test('stops at the first step that fails', async () => {
    const said = quiet();
    const { done, steps } = machine([]);
    const broken = steps.map((step) =>
      step.name === 'compiler' ? { ...step, install: () => Promise.reject(new Error('no root')) } : step,
    );
    await expect(setUp('test', broken)).rejects.toThrow('no root');
    expect(done).toEqual(['node']);
    said.mockRestore();
  });

  test('knows every script of package.json that needs set-up', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const verbs = Object.values(scripts).flatMap(
      (script) => /^node src\/setup\/main\.mjs (\S+)$/.exec(script)?.[1] ?? [],
    );
    const known = new Set(STEPS.flatMap((step) => step.verbs));
    for (const verb of verbs.filter((verb) => verb !== 'clean')) expect(known).toContain(verb);
  });
});

test.each([
  ['20.19.0', true],
  ['20.18.3', false],
  ['22.0.0', true],
  ['18.20.4', false],
])('Node %s is recent enough: %s', (version, answer) => {
  expect(nodeIsRecent(version)).toBe(answer);
});

test("apt's simulated runs are read", () => {
  const plan = `NOTE: This is only a simulation!
Inst libpopt0 (1.19+dfsg-1 Debian:12.15/oldstable [amd64])
Inst libc6 [2.36-9] (2.36-10 Debian:12.15/oldstable [amd64]) []
Conf libpopt0 (1.19+dfsg-1 Debian:12.15/oldstable [amd64])
Remv qemu-system-x86 [1:7.2]
Purg seabios:amd64 [1.16]`;
  expect(plannedInstalls(plan)).toEqual(['libpopt0=1.19+dfsg-1', 'libc6=2.36-10']);
  expect(plannedRemovals(plan)).toEqual(['qemu-system-x86', 'seabios']);
});

describe("the test run's closing line", () => {
  test('adds up', () => {
    expect(
      closingLine([
        { passed: 2, failed: 0, skipped: 0 },
        { passed: 5, failed: 1, skipped: 2 },
      ]),
    ).toBe('7 passed, 1 failed, 2 skipped');
  });

  test.each([
    [
      { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, success: false },
      { passed: 3, failed: 1, skipped: 1 },
    ],
    [
      { numPassedTests: 3, numFailedTests: 0, success: false },
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      { numPassedTests: 0, numFailedTests: 0, success: true },
      { passed: 0, failed: 1, skipped: 0 },
    ],
    [undefined, { passed: 0, failed: 1, skipped: 0 }],
  ])('counts what could not be run as failed: %j', (report, counts) => {
    expect(countTests(report)).toMatchObject(counts);
  });

  test('names what failed, with the beginning of what it said', () => {
    const failed = {
      status: 'failed',
      fullName: 'adds one',
      failureMessages: [`expected 2${'\n    at somewhere'.repeat(30)}`],
    };
    const testResults = [
      { name: '/a/b/c/d/sum.test.ts', assertionResults: [{ status: 'passed', fullName: 'adds two' }, failed] },
      { name: '/a/b/c/d/bad.test.ts', message: 'no such module', assertionResults: [] },
    ];
    const { failures = [] } = countTests({ numPassedTests: 1, numFailedTests: 1, success: false, testResults });
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatch(/^c\/d\/sum.test.ts > adds one\n {2}expected 2\n/);
    expect(failures[0]?.split('\n').length).toBeLessThan(14);
    expect(failures[1]).toBe('c/d/bad.test.ts: no such module');
  });
});
