import { expect, test } from 'vitest';
import { version } from '../../../src/config/field.ts';

test('a version is the same with quotes and without, where YAML makes a number of it', () => {
  const field = version(['1.0', '1.1', '2']);
  for (const [given, name] of [
    ['1.0', '1.0'],
    [1, '1.0'],
    [1.1, '1.1'],
    ['2', '2'],
    [2, '2'],
  ] as const)
    expect(field.parse(given)).toBe(name);
  for (const given of ['1', 3, '3', null]) expect(field.safeParse(given).success).toBe(false);
});
