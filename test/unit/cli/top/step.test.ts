import { describe, expect, it } from 'vitest';
import { frame } from '../../../../src/cli/top/frame.ts';
import { COMMAND_OF, KEYS } from '../../../../src/cli/top/keys.ts';
import { SCREENS } from '../../../../src/cli/top/screens/index.ts';
import { type Effect, type State, viewOf } from '../../../../src/cli/top/state.ts';
import { initial, step } from '../../../../src/cli/top/step.ts';
import { keyWord } from '../../../../src/cli/top/terminal.ts';
import { look, type Made } from '../../../support/top.ts';

const many: readonly Made[] = Array.from({ length: 50 }, (_, index) => ({
  name: `s${index}`,
  perSecond: index,
  servers: [{ name: 'a' }, { name: 'b' }],
}));

/** The state after these keys, and every effect on the way. */
function typing(keys: readonly string[], made: readonly Made[] = many): { state: State; effects: Effect[] } {
  const effects: Effect[] = [];
  let state = step(initial({ columns: 80, rows: 24 }, 2000, { screen: 'services' }), {
    kind: 'look',
    look: look(made),
  }).state;
  for (const key of keys) {
    const next = step(state, { kind: 'key', key });
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

/** The row where one stands, as it is drawn. */
function row(state: State): string {
  const line = frame(state)
    .map((cells) => cells.map(({ text }) => text).join(''))
    .find((text) => text.startsWith('> '));
  return line?.split(/ +/)[1] ?? '';
}

describe('where one stands', () => {
  it.each([
    [['down', 'j', 'up'], 's1'],
    [['pagedown'], 's14'],
    [['end'], 's49'],
    [['end', 'pageup'], 's35'],
    [['G', 'g'], 's0'],
    [['end', 'home', 'up'], 's0'],
    [['C'], 's49'],
    [['C', 'C'], 's0'],
    [['N', 'r'], 's49'],
    [['>', '>', '>', '>'], 's49'],
    [['C', '<'], 's0'],
    [['<'], 's0'],
    [['/', '4', '9', 'return'], 's49'],
    [['/', '4', '9', 'backspace', 'return'], 's4'],
    [['/', '4', '9', 'escape'], 's0'],
    [['/', '4', '9', 'return', 'escape'], 's0'],
    [['return'], 's0/a'],
    [['down', 'return', 'down'], 's1/b'],
    [['down', 'return', 'escape'], 's1'],
    [['2', 'end'], 's49/b'],
    [['tab', 'tab', 'tab', 'tab'], 's0'],
  ])('%j: %s', (keys, expected) => {
    expect(row(typing(keys).state)).toBe(expected);
  });

  it('is the same service when it moves, and its neighbour when it goes', () => {
    const { state } = typing(['C', 'down', 'down']);
    expect(row(state)).toBe('s47');
    const moved = step(state, {
      kind: 'look',
      look: look(many.map((each) => ({ ...each, perSecond: -(each.perSecond ?? 0) }))),
    }).state;
    expect(row(moved)).toBe('s47');
    const gone = step(state, { kind: 'look', look: look(many.filter(({ name }) => name !== 's47')) }).state;
    expect(row(gone)).toBe('s46');
  });

  it('is the top until somebody moves, whoever is there', () => {
    const { state } = typing(['C']);
    const moved = step(state, {
      kind: 'look',
      look: look(many.map((each) => ({ ...each, perSecond: each.name === 's7' ? 1e6 : 0 }))),
    }).state;
    expect(row(moved)).toBe('s7');
  });
});

describe('what is done to servers and instances', () => {
  const drain = { kind: 'act', action: { kind: 'drain', service: 's1', server: 'b' } };

  it.each([
    [['down', 'return', 'down', 'd', 'y'], [drain]],
    [['down', 'return', 'down', 'd', 'n'], []],
    [['down', 'return', 'down', 'd', 'return'], []],
    [
      ['down', 'return', 'down', 'return', 'd', 'y'],
      [{ kind: 'look' }, drain],
    ],
    [['d', 'y'], []],
    [['3', 'f', 'y'], [{ kind: 'act', action: { kind: 'failover', instance: 'edge' } }]],
    [['3', 'return', 'f', 'y'], [{ kind: 'act', action: { kind: 'failover', instance: 'edge' } }]],
    [['2', 'u', 'y'], [{ kind: 'act', action: { kind: 'undrain', service: 's0', server: 'a' } }]],
    [['q'], [{ kind: 'quit' }]],
    [['/', 'q', 'ctrl-c'], [{ kind: 'quit' }]],
    [['p', 'p'], [{ kind: 'look' }]],
  ])('%j: %j', (keys, effects) => {
    expect(typing(keys).effects).toEqual(effects);
  });

  it('what came of it is told until the next key, and looked at', () => {
    const { state } = typing(['2', 'd', 'y']);
    const done = step(state, { kind: 'done', message: { text: 's0/a gets no new connections', bad: false } });
    expect(done.effects).toEqual([{ kind: 'look' }]);
    expect(done.state.message?.text).toBe('s0/a gets no new connections');
    expect(step(done.state, { kind: 'key', key: 'down' }).state.message).toBeNull();
  });

  it('the question is about the row that was seen, even if another look came between', () => {
    const { state } = typing(['2', 'd']);
    const later = step(state, { kind: 'look', look: look(many.slice(5)) }).state;
    expect(step(later, { kind: 'key', key: 'y' }).effects).toEqual([
      { kind: 'act', action: { kind: 'drain', service: 's0', server: 'a' } },
    ]);
  });
});

it('a daemon that does not answer is told, and what was seen stays', () => {
  const { state } = typing([]);
  const lost = step(state, { kind: 'lost', reason: 'connect ENOENT' }).state;
  const text = frame(lost)
    .map((line) => line.map((cell) => cell.text).join(''))
    .join('\n');
  expect(text).toContain('no answer');
  expect(text).toContain('connect ENOENT');
  expect(text).toContain('> s0');
  expect(step(lost, { kind: 'look', look: look(many) }).state.lost).toBeNull();
});

it('the interval stays within bounds', () => {
  expect(typing(Array(20).fill('+')).state.intervalMs).toBe(60_000);
  expect(typing(Array(20).fill('-')).state.intervalMs).toBe(500);
});

describe('the table of keys', () => {
  it('gives no key two meanings', () => {
    const all = KEYS.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
    for (const [name, { columns }] of Object.entries(SCREENS)) {
      const sorting = columns.flatMap(({ key }) => (key === undefined ? [] : [key]));
      expect(new Set(sorting).size, name).toBe(sorting.length);
      for (const key of sorting) expect(COMMAND_OF.has(key), `${name} ${key}`).toBe(false);
    }
  });

  it.each([
    ['\u001b[A', { name: 'up' }, 'up'],
    ['q', { name: 'q' }, 'q'],
    ['G', { name: 'g', shift: true }, 'G'],
    ['\u0003', { name: 'c', ctrl: true }, 'ctrl-c'],
    ['\r', { name: 'return' }, 'return'],
    ['\n', { name: 'enter' }, 'return'],
    ['\u001b', { name: 'escape', meta: true }, 'escape'],
    [' ', { name: 'space' }, 'space'],
    ['東', { name: undefined }, '東'],
    ['x', { name: 'x', meta: true }, undefined],
    [undefined, {}, undefined],
  ])('%j %j is %s', (text, key, word) => {
    expect(keyWord(text, key)).toBe(word);
  });
});

it('opens where it was told to, and goes back to the services', () => {
  const start = initial({ columns: 80, rows: 24 }, 2000, { screen: 'servers', subject: ['s1'] });
  const { state } = step(start, { kind: 'look', look: look(many) });
  expect(row(state)).toBe('s1/a');
  expect(viewOf(step(state, { kind: 'key', key: 'escape' }).state).screen).toBe('services');
});
