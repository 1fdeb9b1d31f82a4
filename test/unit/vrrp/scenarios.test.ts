import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { play } from '../../support/vrrp-scenario.ts';

const FOLDER = join(import.meta.dirname, '../../golden/vrrp');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

test('there are scenarios', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(15);
});

/** `UPDATE=1` writes what happens into the files; read the difference before you commit it. */
describe('scenarios', () => {
  test.each(NAMES)('%s', (name) => {
    const path = join(FOLDER, name);
    const text = readFileSync(path, 'utf8');
    const played = play(text);
    if (process.env.UPDATE) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
});
