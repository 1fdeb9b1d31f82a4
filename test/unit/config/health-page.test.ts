import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { KIND_KEYS } from '../../../src/config/check.ts';
import { formatIssue } from '../../../src/config/issue.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const page = readFileSync(new URL('../../../docs/health.md', import.meta.url), 'utf8');
const examples = parse(/```yaml\n([^`]*)```/.exec(page)?.[1] ?? '') as Record<string, unknown>;

test('docs/health.md has an example of every kind of check, and of no other', () => {
  expect(Object.keys(examples).sort()).toEqual([...KIND_KEYS].sort());
});

test.each(Object.entries(examples))('its example of %s has neither mistakes nor warnings', (kind, settings) => {
  const file = {
    services: [
      {
        name: 'web',
        listen: ['tcp://10.0.0.100:80'],
        check: { [kind]: settings },
        servers: [{ address: '10.0.0.11' }],
      },
    ],
  };
  const parsed = parseConfig(stringify(file), 'example');
  expect((parsed.ok ? parsed.value.warnings : parsed.error).map(formatIssue)).toEqual([]);
});

test('its whole services have neither mistakes nor warnings', () => {
  const others = [...page.matchAll(/```yaml\n([^`]*)```/g)].slice(1).map(([, text = '']) => text);
  expect(others.length).toBeGreaterThan(0);
  for (const text of others) {
    const parsed = parseConfig(text, 'example');
    expect((parsed.ok ? parsed.value.warnings : parsed.error).map(formatIssue)).toEqual([]);
  }
});
