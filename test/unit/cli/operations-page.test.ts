import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/main.ts';
import { familiesFor } from '../../../src/metrics/table.ts';

const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');

test('docs/operations.md shows commands and options that exist', async () => {
  const lines = [...page.matchAll(/^fairlead (\w+)(.*?)(?: {2,}#.*)?$/gm)];
  expect(lines.length).toBeGreaterThan(10);
  for (const [line, name = '', rest = ''] of lines) {
    const command = (await COMMANDS[name]?.())?.command;
    expect(command, line).toBeDefined();
    const known = (command?.options ?? []).map(({ flags }) => flags.split(' ')[0]);
    for (const [option] of rest.replace(/"[^"]*"/g, '').matchAll(/--\w+/g)) expect(known, line).toContain(option);
  }
});

test('docs/operations.md names metrics that exist', () => {
  const known = new Set(familiesFor([]).map(({ name }) => name));
  const named = [...page.matchAll(/fairlead_\w+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(known).toContain(name);
});
