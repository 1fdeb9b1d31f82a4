import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test, vi } from 'vitest';
import { cellsOf } from '../../../../src/cli/cells.ts';
import { frame, whole } from '../../../../src/cli/top/frame.ts';
import { SCREENS } from '../../../../src/cli/top/screens/index.ts';
import type { Look, State } from '../../../../src/cli/top/state.ts';
import { initial, step } from '../../../../src/cli/top/step.ts';
import { look, service } from '../../../support/top.ts';

process.env.TZ = 'UTC';

const GOLDEN = join(import.meta.dirname, '../../../golden/top');

const text = (state: State): string[] => frame(state).map((line) => line.map((cell) => cell.text).join(''));

function shown(size: State['size'], keys: readonly string[], seen: Look = look()): State {
  let state = step(initial(size, 2000, { screen: 'services' }), { kind: 'look', look: seen }).state;
  for (const key of keys) state = step(state, { kind: 'key', key }).state;
  return state;
}

/** What is shown after some keys, at two sizes. */
const FRAMES: Readonly<Record<string, { readonly keys: readonly string[]; readonly look?: Look }>> = {
  services: { keys: [] },
  'services-by-rate': { keys: ['C'] },
  servers: { keys: ['return'] },
  'servers-filtered': {
    keys: ['2', '/', ...'tokyo', 'backspace', 'backspace', 'backspace', 'backspace', 'backspace', '東'],
  },
  server: {
    keys: ['return', 'down', 'return'],
    look: {
      ...look(),
      detail: {
        service: 'web',
        server: 'web2',
        check: {
          service: 'web',
          server: 'web2',
          target: '10.0.0.12:80',
          users: ['web/r2'],
          nextInMs: 400,
          kind: 'http',
          everyMs: 1000,
          timeoutMs: 500,
          rise: 2,
          fall: 2,
          status: 'down',
          why: 'refused',
          contradictingResults: 0,
          last: {
            ok: false,
            agoMs: 400,
            durationMs: 0.4,
            phase: 'connect',
            outcome: 'refused',
            evidence: 'connect to 10.0.0.2:80 refused',
          },
        },
        availability: null,
        changes: [
          {
            kind: 'server',
            service: 'web',
            name: 'web2',
            atMs: Date.UTC(2026, 10, 29, 11, 58, 59),
            state: 'down',
            why: 'refused',
          },
          {
            kind: 'server',
            service: 'web',
            name: 'web2',
            atMs: Date.UTC(2026, 10, 1),
            state: 'up',
            why: 'it answered',
          },
        ],
      },
    },
  },
  drain: { keys: ['return', 'd'] },
  instances: { keys: ['3'] },
  instance: { keys: ['3', 'return'] },
  events: { keys: ['4'] },
  help: { keys: ['?'] },
  problem: {
    keys: [],
    look: look(undefined, {
      inSync: false,
      maintenance: true,
      problems: ['the kernel refused to add web: EPERM', 'another'],
    }),
  },
};

describe('frames', () => {
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
  ] as const)
    it.each(Object.keys(FRAMES))(`%s at ${columns}x${rows}`, (name) => {
      const { keys, look: seen } = FRAMES[name] ?? { keys: [] };
      const lines = text(shown({ columns, rows }, keys, seen));
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellsOf(line), line).toBeLessThanOrEqual(columns);
      const drawn = `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
      const file = join(GOLDEN, `${name}-${columns}x${rows}.txt`);
      if (process.env.UPDATE === '1') {
        mkdirSync(GOLDEN, { recursive: true });
        writeFileSync(file, drawn);
      }
      expect(drawn).toBe(readFileSync(file, 'utf8'));
    });
});

test('of a thousand services only those that are seen are formatted', () => {
  const many = look(Array.from({ length: 1000 }, (_, index) => ({ name: `s${index}`, servers: [{ name: 'a' }] })));
  const state = shown({ columns: 80, rows: 24 }, ['end'], many);
  const listing = SCREENS.services.list({ look: many, view: state.views[0], columns: 80 });
  expect(listing.keys).toHaveLength(1000);
  const cells = vi.fn(listing.cells);
  const list = vi.spyOn(SCREENS.services, 'list').mockReturnValue({ ...listing, cells });
  const lines = text(state);
  list.mockRestore();
  expect(lines.some((line) => line.startsWith('> s999 '))).toBe(true);
  expect(lines.some((line) => line.includes('s900'))).toBe(false);
  expect(cells.mock.calls.length).toBeGreaterThan(5);
  expect(cells.mock.calls.length).toBeLessThan(24);
});

test('the services of a look are gone through a few times, however many keys come', () => {
  let walks = 0;
  const { status, ...rest } = look();
  const counted = new Proxy(status, {
    get(target, key) {
      if (key === 'services') walks++;
      return Reflect.get(target, key);
    },
  });
  const keys = Array.from({ length: 50 }, () => ['down', 'up']).flat();
  let state = shown({ columns: 80, rows: 24 }, [], { ...rest, status: counted });
  for (const key of keys) {
    ({ state } = step(state, { kind: 'key', key }));
    frame(state);
  }
  expect(walks).toBeGreaterThan(0);
  expect(walks).toBeLessThan(10);
});

test('a whole screen has every row and marks none', () => {
  const many = look(Array.from({ length: 100 }, (_, index) => ({ name: `s${index}`, servers: [{ name: 'a' }] })));
  const lines = whole(shown({ columns: 120, rows: 24 }, ['down'], many)).map((line) =>
    line.map((cell) => cell.text).join(''),
  );
  expect(lines.filter((line) => /^ {2}s\d+ /.test(line))).toHaveLength(100);
  expect(lines.filter((line) => line.startsWith('>'))).toEqual([]);
});

test('a director without services shows its instances', () => {
  expect(shown({ columns: 80, rows: 24 }, [], look([])).views[0].screen).toBe('instances');
  expect(service({ name: 'a', servers: [] }).servers).toEqual([]);
});
