import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/base/errors.ts';
import { type Described, describeCommands } from '../../../src/cli/describe.ts';
import { COMMANDS, EXIT_WORDS } from '../../../src/cli/main.ts';
import { command, type Ended } from '../../support/command.ts';

/** What every command of the table owes to who uses it. */

const commands: Described[] = await describeCommands();

const fairlead = (...words: string[]): Promise<Ended> => command(words);

/** Commands whose output is no list of anything, and why. */
const WITHOUT_JSON = new Map([
  ['run', 'it logs a line of JSON for each event already'],
  ['completion', 'it prints a script'],
  ['demo', 'it is a show'],
  ['lab', 'it runs other programs'],
  ['ipvsadm', 'it takes --json itself, where ipvsadm has a listing'],
]);

describe.each(commands.map((one) => [one.name, one] as const))('%s', (name, { usage, summary, examples, options }) => {
  test('is told in one line, with examples of itself', async () => {
    expect(usage.split(' ')[0]).toBe(name);
    expect(summary).not.toMatch(/\n|\.$/);
    expect(examples.length).toBeGreaterThan(0);
    if (name !== 'demo' && name !== 'lab') expect(examples[0]).toContain(`fairlead ${name}`);
  });

  test('has --json, or a reason not to', () => {
    expect(options.some(({ long }) => long === '--json')).toBe(!WITHOUT_JSON.has(name));
  });

  // Pass-through commands have a help of their own.
  test('tells its examples in its help, and ends with 0', async () => {
    if (name === 'ipvsadm' || name === 'lab') return;
    const { code, out } = await fairlead(name, '--help');
    expect(code).toBe(EXIT.done);
    expect(out).toContain(`Usage: fairlead ${name}`);
    for (const example of examples) expect(out).toContain(`  ${example}\n`);
  });

  test('refuses an option that it does not have with the code of usage, and says where its help is', async () => {
    if (name === 'ipvsadm' || name === 'lab') return;
    const { code, err } = await fairlead(name, '--no-such-option');
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(`(see fairlead ${name} --help)`);
  });
});

describe('exit codes', () => {
  test('are told by the help of the program, each with its words', async () => {
    const { out } = await fairlead('--help');
    for (const [code, words] of EXIT_WORDS) expect(out).toContain(`${code} ${words}`);
    expect(EXIT_WORDS.map(([code]) => code)).toEqual(Object.values(EXIT));
  });

  test('no command, an unknown one and a missing word are usage', async () => {
    expect((await fairlead()).code).toBe(EXIT.usage);
    expect((await fairlead('nonsense')).code).toBe(EXIT.usage);
    expect((await fairlead('explain')).code).toBe(EXIT.usage);
    expect((await fairlead('--version')).code).toBe(EXIT.done);
  });

  const asking = commands.filter(({ options }) => options.some(({ long }) => long === '--socket'));
  const WORDS: Readonly<Record<string, string>> = { word: 'on' };
  test.each(asking.map(({ name, usage }) => [name, usage] as const))('%s without a daemon: 3', async (name, usage) => {
    const words = [...usage.matchAll(/<([^>]+)>/g)].map(([, word = '']) => WORDS[word] ?? word.split('|')[0] ?? word);
    const more = name === 'weight' ? ['5'] : name === 'top' ? ['--once'] : [];
    const { code, err } = await fairlead(name, ...words, ...more, '--socket', '/nowhere/fairlead.sock');
    expect({ code, err }).toEqual({ code: EXIT.unreachable, err: expect.stringContaining('/nowhere/fairlead.sock') });
  });

  test('a file with a mistake is 2, one that is not there as well', async () => {
    expect((await fairlead('check', '/nowhere/x.yaml')).code).toBe(EXIT.usage);
    expect((await fairlead('plan', '/nowhere/x.yaml')).code).toBe(EXIT.usage);
  });

  test('every command of the table is loaded under its name', () => {
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS));
  });
});
