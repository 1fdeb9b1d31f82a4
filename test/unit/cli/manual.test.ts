import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/errors.ts';
import { describeCommands } from '../../../src/cli/describe.ts';
import { EXIT_WORDS } from '../../../src/cli/main.ts';
import { manualPage } from '../../../src/cli/manual.ts';

const FILE = fileURLToPath(new URL('../../../man/fairlead.1', import.meta.url));
const commands = await describeCommands();
const page = manualPage(commands);

it('man/fairlead.1 is current', () => {
  if (process.env.UPDATE === '1') {
    mkdirSync(fileURLToPath(new URL('../../../man', import.meta.url)), { recursive: true });
    writeFileSync(FILE, page);
  }
  expect(readFileSync(FILE, 'utf8')).toBe(page);
});

it('tells every command, option, verb and exit code', () => {
  const plain = page.replaceAll('\\-', '-').replace(/\\f[BIR]/g, '');
  for (const { name, options, verbs } of commands) {
    const section = plain.split(`\n.SS fairlead ${name}`)[1]?.split('\n.S')[0] ?? '';
    for (const { long } of options) expect(section, name).toContain(`\n${long}`);
    for (const { name: verb } of verbs) expect(section, name).toContain(`\n${verb}`);
  }
  expect(EXIT_WORDS.map(([code]) => code)).toEqual(Object.values(EXIT));
});

it('has no line that troff would take as a request of its own', () => {
  const requests = page.match(/^[.'].*$/gm) ?? [];
  const known = /^\.(\\"|TH FAIRLEAD|SH [A-Z ]+$|SS fairlead |TP$|PP$|RS 4$|RE$|nf$|fi$|BR )/;
  expect(requests.filter((line) => !known.test(line))).toEqual([]);
});

/** Not every machine has them; where one is, it must have nothing to say. */
it('the formatters that are installed have nothing to say against it', () => {
  const judges = [
    { program: 'groff', words: ['-man', '-ww', '-z', '-Tutf8', FILE] },
    { program: 'mandoc', words: ['-Tlint', '-Wwarning', FILE] },
  ];
  for (const { program, words } of judges) {
    const { error, status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
    if (error === undefined)
      expect({ program, status, said: stdout + stderr }).toEqual({ program, status: 0, said: '' });
  }
});
