import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { cellsOf, cut, fitted, printable, wrap } from '../../src/cli/cells.ts';
import { frame } from '../../src/cli/top/frame.ts';
import { KEYS } from '../../src/cli/top/keys.ts';
import { SCREENS } from '../../src/cli/top/screens/index.ts';
import type { Input } from '../../src/cli/top/state.ts';
import { TABS } from '../../src/cli/top/state.ts';
import { initial, step } from '../../src/cli/top/step.ts';
import { look } from '../support/top.ts';

const word = fc.string({ unit: 'binary', maxLength: 60 });
const known = [
  ...KEYS.flatMap(({ keys }) => keys),
  'y',
  ...Object.values(SCREENS).flatMap(({ columns }) => columns.flatMap(({ key }) => key ?? [])),
];
const made = fc.array(
  fc.record({
    name: word,
    servers: fc.array(fc.record({ name: word, health: fc.constantFrom('up', 'down', 'unchecked'), why: word }), {
      maxLength: 4,
    }),
    perSecond: fc.double({ min: 0, max: 1e12, noNaN: true }),
  }),
  { maxLength: 40 },
);
const size = fc.record({ columns: fc.integer({ min: 0, max: 200 }), rows: fc.integer({ min: 0, max: 60 }) });

const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...known).map((key): Input => ({ kind: 'key', key })) },
  { weight: 1, arbitrary: word.map((key): Input => ({ kind: 'key', key })) },
  { weight: 1, arbitrary: size.map((each): Input => ({ kind: 'size', size: each })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(made, fc.array(word))
      .map(([services, problems]): Input => ({ kind: 'look', look: look(services, { problems }) })),
  },
  { weight: 1, arbitrary: word.map((reason): Input => ({ kind: 'lost', reason })) },
  { weight: 1, arbitrary: word.map((text): Input => ({ kind: 'done', message: { text, bad: true } })) },
);

describe('fairlead top', () => {
  it.prop([size, fc.constantFrom(...TABS), fc.array(input, { maxLength: 25 })])(
    'survives whatever is typed and seen, and never draws beyond the terminal',
    (first, screen, inputs) => {
      let state = initial(first, 2000, { screen });
      for (const each of inputs) {
        ({ state } = step(state, each));
        const lines = frame(state);
        expect(lines).toHaveLength(state.size.rows);
        for (const line of lines) {
          const text = line.map((cell) => cell.text).join('');
          expect(text).toBe(printable(text));
          expect(line.reduce((sum, cell) => sum + cellsOf(cell.text), 0)).toBeLessThanOrEqual(state.size.columns);
        }
      }
    },
    120_000,
  );
});

describe('cells', () => {
  // Marks and selectors that join the blank before them.
  const joining: [string, number][] = ['\u1923', '\ufe0f', '\u{1f3fb}', '\u0301a'].map((text) => [text, 3]);
  it.prop([word.map(printable), fc.integer({ min: 0, max: 80 })], { examples: joining })(
    'text is cut, fitted and wrapped to a width',
    (text, cells) => {
      expect(cellsOf(cut(text, cells))).toBeLessThanOrEqual(cells);
      expect(cellsOf(fitted(text, cells))).toBe(cells);
      expect(cellsOf(fitted(text, cells, 'right'))).toBe(cells);
      for (const line of wrap(text, cells)) expect(cellsOf(line)).toBeLessThanOrEqual(cells);
    },
  );

  it.prop([word.map(printable), fc.integer({ min: 2, max: 80 })])(
    'nothing but blanks is lost by wrapping',
    (text, cells) => {
      expect(wrap(text, cells).join('').replace(/ /g, '')).toBe(text.replace(/ /g, ''));
    },
  );
});
