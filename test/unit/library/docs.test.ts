import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DRAIN_OBSTACLES } from '../../../src/decide/drain-step.ts';
import { FEATURES } from '../../../src/kernel/features.ts';
import * as library from '../../../src/library/ipvs.ts';
import { KERNEL_ERRORS } from '../../../src/model/kernel-error.ts';

const FILE = 'docs/ipvs.md';
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The tables of the page, from the tables of the program. UPDATE=1 writes them. */
const TABLES: Readonly<Record<string, string>> = {
  errors: table(
    ['code', 'meaning', 'what to do'],
    Object.entries(KERNEL_ERRORS).map(([code, row]) => [`\`${code}\``, row.meaning, row.advice]),
  ),
  obstacles: table(
    ['code', 'why', 'what to do'],
    Object.entries(DRAIN_OBSTACLES).map(([code, row]) => [`\`${code}\``, row.text, row.advice]),
  ),
  features: table(
    ['feature', 'first kernel', 'can be asked'],
    Object.entries(FEATURES).map(([name, row]) => [`\`${name}\``, row.firstKernel, 'ask' in row ? 'yes' : 'no']),
  ),
};

function filled(text: string): string {
  return text.replace(/<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    return `<!-- table: ${name} -->\n${TABLES[name] ?? 'no such table'}\n<!-- end -->`;
  });
}

describe('docs/ipvs.md', () => {
  if (process.env.UPDATE) writeFileSync(FILE, filled(readFileSync(FILE, 'utf8')));
  const text = readFileSync(FILE, 'utf8');

  test('has the tables of the program', () => {
    for (const name of Object.keys(TABLES)) expect(text).toContain(`<!-- table: ${name} -->`);
    expect(text).toBe(filled(text));
  });

  test('mentions everything the module exports', () => {
    const mentioned = new Set(text.match(/\w+/g));
    expect(Object.keys(library).filter((name) => !mentioned.has(name))).toEqual([]);
  });
});
