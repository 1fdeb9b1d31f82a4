import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { render } from '../../../src/metrics/render.ts';
import { familiesFor } from '../../../src/metrics/table.ts';
import { COMPAT, type Compat } from '../../../src/model/metrics.ts';
import { parse, scene } from '../../support/metrics.ts';

/** Debian's promtool reads Prometheus' own text alone, so OpenMetrics is judged by the reader of the Python client, which is
 *  strict. `npm test` unpacks it. */

const MODULES = join(import.meta.dirname, '../../../.cache/prometheus/python');
const JUDGE = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(len(families), sum(len(family.samples) for family in families))
`;

function judged(text: string): string {
  const { error, status, stdout, stderr } = spawnSync('python3', ['-c', JUDGE], {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: MODULES },
  });
  if (error) throw new Error(`python3 does not run: ${error.message}`);
  return status === 0 ? stdout.trim() : `refused: ${stderr.trim().split('\n').at(-1)}`;
}

test.each([[[]], [Object.keys(COMPAT) as Compat[]]])('OpenMetrics is well formed with %j', (compat) => {
  const families = familiesFor(compat);
  const text = [...render(families, scene(), 'openmetrics')].join('');
  expect(judged(text)).toBe(`${families.length} ${parse(text).samples.length}`);
});

test('a mistake is found', () => {
  expect(judged('# TYPE x counter\nx 1\n# EOF\n')).toMatch(/^refused: ValueError/);
  expect(judged('# TYPE x gauge\nx 1\n')).toMatch(/^refused: ValueError/);
});
