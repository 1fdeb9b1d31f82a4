import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHELLS } from '../../../src/cli/completion/index.ts';
import { type Described, describeCommands } from '../../../src/cli/describe.ts';
import { COMMANDS, main } from '../../../src/cli/main.ts';
import { Tmux } from '../../support/tmux.ts';

/** Starting a shell and its completion, on a busy machine. */
const PATIENCE_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'fairlead-completion-'));
const commands: Described[] = await describeCommands();
const path = (shell: string): string => join(folder, shell === 'zsh' ? '_fairlead' : `fairlead.${shell}`);

beforeAll(() => {
  for (const [shell, script] of Object.entries(SHELLS)) writeFileSync(path(shell), script(commands));
  writeFileSync(join(folder, 'a file.yaml'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what completions are made from', () => {
  it('is every command of the table, with every option that commander takes', async () => {
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS));
    for (const { name, options } of commands.filter((command) => command.options.length > 0)) {
      let help = '';
      await main([name, '--help'], { out: (text) => (help += text), err: () => {}, terminal: false });
      const listed = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, long]) => long);
      expect(listed.sort(), name).toEqual(options.map(({ long }) => long).sort());
    }
  });

  it('knows what stands where', () => {
    const of = (name: string) => commands.find((command) => command.name === name)?.arguments;
    expect(of('check')).toEqual([{ name: 'file', file: true, words: [] }]);
    expect(of('maintenance')?.[0]).toEqual({ name: 'on|off', file: false, words: ['on', 'off'] });
    expect(of('lab')?.[0]?.words).toContain('up');
    expect(of('ipvsadm')).toEqual([]);
  });

  it.each(Object.keys(SHELLS))('%s: every command and every option is in its script', (shell) => {
    const script = SHELLS[shell]?.(commands) ?? '';
    for (const { name, options, arguments: args } of commands) {
      const mine = script
        .split('\n')
        .filter((line) => new RegExp(`\\b${name}\\b`).test(line))
        .join('\n');
      for (const { long } of options)
        expect(mine, `${name} ${long}`).toContain(shell === 'fish' ? `-l ${long.slice(2)} ` : long);
      for (const word of args.flatMap(({ words }) => words)) expect(mine, `${name} ${word}`).toContain(word);
    }
  });

  it('refuses a shell that it does not know', async () => {
    let told = '';
    const io = { out: () => {}, err: (text: string) => (told += text), terminal: false };
    expect(await main(['completion', 'tcsh'], io)).toBe(2);
    expect(told).toContain('expected one of bash, zsh, fish, got "tcsh"');
  });
});

/** What bash offers for the last of the words. */
function bash(...words: string[]): string[] {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fairlead; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', script, 'bash', path('bash'), 'fairlead', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return out.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  it('parses', () => {
    execFileSync('bash', ['-n', path('bash')]);
  });

  it.each([
    [['ma'], ['maintenance']],
    [['--v'], ['--version']],
    [
      ['maintenance', ''],
      ['on', 'off'],
    ],
    [
      ['maintenance', '--'],
      [
        '--socket',
        '--host',
        '--token-file',
        '--ca',
        '--cert',
        '--key',
        '--json',
        '--if-revision',
        '--instance',
        '--reason',
        '--for',
        '--help',
      ],
    ],
    [
      ['maintenance', '--socket', '/run/x.sock', 'o'],
      ['on', 'off'],
    ],
    [['maintenance', 'on', ''], []],
    [['check', 'a'], ['a file.yaml']],
    [['status', '--socket', 'a'], ['a file.yaml']],
    [['completion', 'z'], ['zsh']],
    [['help', 'undr'], ['undrain']],
    [['nonsense', ''], []],
  ])('%j', (words, expected) => {
    expect(bash(...words)).toEqual(expected);
  });
});

it.each([
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
])('%s takes its script', (shell, words) => {
  const { error, status, stderr } = spawnSync(shell, [...words, path(shell)], { encoding: 'utf8' });
  if (error) throw new Error(`${shell} does not run: ${error.message}; \`npm test\` installs it`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

describe('in fish', () => {
  const fish = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `source ${path('fish')}; complete -C ${JSON.stringify(line)}`], {
      cwd: folder,
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .map((each) => each.split('\t', 1)[0] ?? '');

  it.each([
    ['main', ['maintenance']],
    ['maintenance o', ['off', 'on']],
    ['status --wa', ['--watch']],
    ['check a', ['a file.yaml']],
    ['status --socket a', ['a file.yaml']],
    ['completion z', ['zsh']],
    ['help undr', ['undrain']],
  ])('%s', (line, expected) => {
    expect(fish(`fairlead ${line}`)).toEqual(expected);
  });
});

describe('in zsh, typed at a terminal', () => {
  let terminal: Tmux;
  beforeAll(async () => {
    terminal = new Tmux(100, 20);
    await terminal.shows(/ready>$/m);
    // A function of that name stands for the program; -D writes no dump, -u asks nothing.
    const load = `fpath=(${folder} $fpath); autoload -U compinit; compinit -u -D; fairlead() { echo "<$*>" }; PROMPT="zsh> "`;
    terminal.type(`cd ${folder}; exec zsh -f`, 'Enter');
    terminal.type(load, 'Enter');
    await terminal.shows(/^zsh>$/m);
  }, PATIENCE_MS);
  afterAll(() => terminal.stop());

  /** What the command line is after Tab, and enter, in the words that the program would get. */
  it.each([
    ['main', 'maintenance'],
    ['maintenance of', 'maintenance off'],
    ['status --wa', 'status --watch'],
    ['check a', 'check a file.yaml'],
    ['status --socket a', 'status --socket a file.yaml'],
    ['completion z', 'completion zsh'],
    ['help undr', 'help undrain'],
    ['--vers', '--version'],
  ])('%s', async (typed, expected) => {
    terminal.type('C-u', 'C-l', `fairlead ${typed}`, 'Tab');
    // Completion goes on with the blank that ends a word.
    terminal.type('Enter');
    await terminal.shows(new RegExp(`^<${expected.replaceAll('.', '\\.')}>$`, 'm'));
  });

  it('lists what there is, with what it does', async () => {
    terminal.type('C-u', 'C-l', 'fairlead ', 'Tab');
    await terminal.shows(/^undrain +-- let a drained server/m);
    terminal.type('C-c');
  });
});
