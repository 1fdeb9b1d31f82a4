import { describe, expect, test } from 'vitest';
import { FormIndex, Popt } from '../../../../src/cli/ipvsadm/popt.ts';

const FORMS = new FormIndex([
  { long: 'list', short: 'L', value: 'none' },
  { long: 'numeric', short: 'n', value: 'none' },
  { long: 'weight', short: 'w', value: 'required' },
  { long: 'persistent', short: 'p', value: 'optional' },
] as const);

/** Everything a line gives, as text: options with their value, mistakes, and the words left over. */
function read(line: string): string[] {
  const popt = new Popt(FORMS, line.split(' '));
  const seen: string[] = [];
  for (let found = popt.next(); found.kind !== 'end'; found = popt.next()) {
    if (found.kind === 'mistake') return [...seen, `! ${found.text}`];
    seen.push(found.value === null ? found.form.long : `${found.form.long}=${found.value}`);
  }
  for (let word = popt.argument(); word !== undefined; word = popt.argument()) seen.push(`(${word})`);
  return seen;
}

describe('popt', () => {
  test.each([
    ['-L -n', ['list', 'numeric']],
    ['-Ln', ['list', 'numeric']],
    ['--list --numeric', ['list', 'numeric']],
    ['-w3', ['weight=3']],
    ['-w=3', ['weight=3']],
    ['-w 3', ['weight=3']],
    ['-nw 3', ['numeric', 'weight=3']],
    ['-nw3', ['numeric', 'weight=3']],
    ['--weight=3', ['weight=3']],
    ['--weight 3', ['weight=3']],
    ['--weight=', ['weight=']],
    ['-w -n', ['weight=-n']],
    ['-w --', ['weight=--']],
    ['-p', ['persistent']],
    ['-p 5', ['persistent=5']],
    ['-p5', ['persistent=5']],
    ['-p -n', ['persistent', 'numeric']],
    ['--persistent -n', ['persistent', 'numeric']],
    ['--persistent=', ['persistent=']],
    ['-L foo -n bar', ['list', 'numeric', '(foo)', '(bar)']],
    ['-L - -n', ['list', 'numeric', '(-)']],
    ['-L -- -n --', ['list', '(-n)', '(--)']],
    ['-Q', ['! -Q: unknown option']],
    ['-LnQ', ['list', 'numeric', '! -LnQ: unknown option']],
    ['--lis', ['! --lis: unknown option']],
    ['--foo=3', ['! --foo=3: unknown option']],
    ['---', ['! ---: unknown option']],
    ['-w', ['! -w: missing argument']],
    ['-nw', ['numeric', '! -nw: missing argument']],
    ['--weight', ['! --weight: missing argument']],
    ['--numeric=3', ['! --numeric=3: option does not take an argument']],
    ['-n=3', ['! -n=3: option does not take an argument']],
    ['-p -5', ['persistent', '! -5: unknown option']],
  ])('%s', (line, seen) => {
    expect(read(line)).toEqual(seen);
  });
});
