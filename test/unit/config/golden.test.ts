import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CODES } from '../../../src/config/codes.ts';
import { formatIssue } from '../../../src/config/issue.ts';
import { RULES } from '../../../src/config/semantic.ts';
import { readConfig } from '../../../src/decide/advise.ts';

const folder = new URL('../../golden/config/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function issuesOf(name: string) {
  const parsed = readConfig(readFileSync(new URL(name, folder), 'utf8'), name);
  return parsed.ok ? parsed.value.warnings : parsed.error;
}

describe('golden mistakes', () => {
  for (const name of names) {
    it(name, () => {
      const actual = `${issuesOf(name).map(formatIssue).join('\n')}\n`;
      const expected = new URL(name.replace(/yaml$/, 'expected'), folder);
      if (process.env.UPDATE === '1') writeFileSync(expected, actual);
      expect(actual).toBe(readFileSync(expected, 'utf8'));
    });
  }

  it('shows every code of the table, and no other', () => {
    const shown = new Set(names.flatMap((name) => issuesOf(name).map((issue) => issue.code)));
    expect([...shown].sort()).toEqual(Object.keys(CODES).sort());
  });

  it('has a rule or a reader for every code', () => {
    for (const rule of RULES) expect(Object.keys(CODES)).toContain(rule.code);
  });
});
