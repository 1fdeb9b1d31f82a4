import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { render } from '../../../src/metrics/render.ts';
import { familiesFor, OWN } from '../../../src/metrics/table.ts';
import { scene } from '../../support/metrics.ts';

/** Prometheus' own judge. `npm test` unpacks it. */

const ROOT = join(import.meta.dirname, '../../..');
const PROMTOOL = join(ROOT, '.cache/prometheus/promtool');
const EXAMPLES = join(ROOT, 'examples/prometheus');
const PATIENT = { timeout: 60_000 };

function promtool(args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(PROMTOOL, args, { input, encoding: 'utf8' });
  if (error) throw new Error(`${PROMTOOL} does not run: ${error.message}; \`npm test\` unpacks it`);
  return status === 0 ? 'fine' : `${status}: ${stdout}${stderr}`;
}

const told = (...compat: Parameters<typeof familiesFor>[0]): string =>
  [...render(familiesFor(compat), scene(), 'prometheus')].join('');

test('our own metrics are well formed and well named', PATIENT, () => {
  expect(promtool(['check', 'metrics'], told())).toBe('fine');
});

test('so is what others named, as far as it parses: only their names are found fault with', PATIENT, () => {
  const found = promtool(['check', 'metrics'], told('node_exporter', 'mehdy', 'gen2brain'));
  const lines = found.replace(/^3: /, '').trim().split('\n');
  expect(lines.filter((line) => !/^keepalived_\w+ counter metrics should have "_total" suffix$/.test(line))).toEqual(
    [],
  );
});

test('a mistake is found', PATIENT, () => {
  expect(promtool(['check', 'metrics'], 'fairlead_up 1\nfairlead_up 2\n')).not.toBe('fine');
});

test('the alerts that we ship are right, and fire when they should', PATIENT, () => {
  expect(promtool(['check', 'rules', join(EXAMPLES, 'fairlead.rules.yml')])).toBe('fine');
  expect(promtool(['test', 'rules', join(EXAMPLES, 'fairlead.test.yml')])).toBe('fine');
});

test('the alerts ask only for metrics that there are', () => {
  const names = new Set(
    Object.values(OWN)
      .flat()
      .map(({ name }) => name),
  );
  const rules = readFileSync(join(EXAMPLES, 'fairlead.rules.yml'), 'utf8');
  const asked = rules.match(/\bfairlead_\w+/g) ?? [];
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((name) => !names.has(name))).toEqual([]);
});
