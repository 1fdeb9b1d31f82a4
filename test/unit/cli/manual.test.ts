import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/errors.ts';
import { describeCommands } from '../../../src/cli/describe.ts';
import { EXIT_WORDS } from '../../../src/cli/main.ts';
import { manualPages } from '../../../src/cli/manual.ts';

const FOLDER = fileURLToPath(new URL('../../../man', import.meta.url));
const commands = await describeCommands();
const pages = manualPages(commands);
const page = pages.get('fairlead.1') ?? '';

it('man/ is current, and all of it is in the package', () => {
  if (process.env.UPDATE === '1') {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, text] of pages) writeFileSync(join(FOLDER, name), text);
  }
  expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages) expect(readFileSync(join(FOLDER, name), 'utf8'), name).toBe(text);
  const { man } = JSON.parse(readFileSync(join(FOLDER, '../package.json'), 'utf8')) as { man: string[] };
  expect(man).toEqual([...pages.keys()].map((name) => `man/${name}`));
});

it('a page of a command has its options, verbs and examples', () => {
  for (const { name, options, verbs, examples } of commands) {
    const plain = (pages.get(`fairlead-${name}.1`) ?? '').replaceAll('\\-', '-').replace(/\\f[BIR]/g, '');
    for (const { long } of options) expect(plain, name).toContain(`\n${long}`);
    for (const { name: verb } of verbs) expect(plain, name).toContain(`\n${verb}`);
    expect(plain.includes('.SH EXAMPLES'), name).toBe(examples.length > 0);
  }
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
  const requests = [...pages.values()].flatMap((text) => text.match(/^[.'].*$/gm) ?? []);
  const known = /^\.(\\"|TH FAIRLEAD|SH [A-Z ]+$|SS fairlead |TP$|PP$|RS 4$|RE$|nf$|fi$|BR )/;
  expect(requests.filter((line) => !known.test(line))).toEqual([]);
});

/** Not every machine has them; where one is, it must have nothing to say. */
it('the formatters that are installed have nothing to say against it', () => {
  const judges = [
    { program: 'groff', words: ['-man', '-ww', '-z', '-Tutf8'] },
    { program: 'mandoc', words: ['-Tlint', '-Wwarning'] },
  ];
  for (const { program, words } of judges) {
    for (const name of pages.keys()) {
      const { error, status, stdout, stderr } = spawnSync(program, [...words, join(FOLDER, name)], {
        encoding: 'utf8',
      });
      if (error !== undefined) break;
      expect({ program, name, status, said: stdout + stderr }).toEqual({ program, name, status: 0, said: '' });
    }
  }
});
