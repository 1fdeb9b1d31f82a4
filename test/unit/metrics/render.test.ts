import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Family, families, type Subject } from '../../../src/metrics/family.ts';
import { Histogram } from '../../../src/metrics/histogram.ts';
import { LabelCache, labelText } from '../../../src/metrics/labels.ts';
import { negotiate } from '../../../src/metrics/negotiate.ts';
import { type Format, render } from '../../../src/metrics/render.ts';
import { parse, scene } from '../../support/metrics.ts';

const things = (values: readonly (readonly [string, number])[]): Subject<number> => ({
  labels: ['name'],
  items: () => values.map(([name, of]) => ({ labels: labelText(['name'], [name]), of })),
});

const written = (list: readonly Family[], format: Format = 'prometheus'): string =>
  [...render(list, scene({ labels: new LabelCache() }), format)].join('');

describe('text form', () => {
  test('values, infinities, and what has no value', () => {
    const subject = things([
      ['a', 1],
      ['b', Number.POSITIVE_INFINITY],
      ['c', -1],
    ]);
    const list = families(subject, [
      { name: 'x', type: 'gauge', help: 'back\\slash\nline', value: (of) => (of < 0 ? null : of) },
      { name: 'empty', type: 'gauge', help: 'nothing', value: () => null },
    ]);
    expect(written(list)).toBe('# HELP x back\\\\slash\\nline\n# TYPE x gauge\nx{name="a"} 1\nx{name="b"} +Inf\n');
  });

  test('OpenMetrics has counters by their family, floats as bounds, and an end', () => {
    const seconds = new Histogram([0.5, 1]);
    for (const value of [0.5, 0.7, 3]) seconds.observe(value);
    const list = families(things([['a', 2]]), [
      { name: 'x_total', type: 'counter', help: 'say "x"', value: (of) => of },
      { name: 'odd', type: 'counter', help: 'h', value: (of) => of },
      { name: 'y_info', type: 'info', help: 'h', value: () => 1 },
      { name: 'z_seconds', type: 'histogram', help: 'h', histogram: () => seconds },
    ]);
    expect(written(list, 'openmetrics')).toBe(
      [
        '# HELP x say \\"x\\"',
        '# TYPE x counter',
        'x_total{name="a"} 2',
        '# HELP odd h',
        '# TYPE odd unknown',
        'odd{name="a"} 2',
        '# HELP y h',
        '# TYPE y info',
        'y_info{name="a"} 1',
        '# HELP z_seconds h',
        '# TYPE z_seconds histogram',
        'z_seconds_bucket{name="a",le="0.5"} 1',
        'z_seconds_bucket{name="a",le="1.0"} 2',
        'z_seconds_bucket{name="a",le="+Inf"} 3',
        'z_seconds_sum{name="a"} 4.2',
        'z_seconds_count{name="a"} 3',
        '# EOF',
        '',
      ].join('\n'),
    );
    expect(written(list)).toContain('z_seconds_bucket{name="a",le="1"} 2\n');
  });

  test('in OpenMetrics no two families have one name', () => {
    const list = families(things([['a', 2]]), [
      { name: 'x_total', type: 'counter', help: 'h', value: (of) => of },
      { name: 'x', type: 'counter', help: 'h', value: (of) => of },
    ]);
    expect(written(list, 'openmetrics').match(/^# TYPE .*$/gm)).toEqual(['# TYPE x_total unknown', '# TYPE x unknown']);
  });

  test('whatever stands in a label comes back, however many there are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 50 }), (names) => {
        const subject = things(names.map((name, at) => [name, at]));
        const list = families(subject, [{ name: 'x', type: 'gauge', help: 'h', value: (of) => of }]);
        if (names.length === 0) return;
        const { samples } = parse(written(list));
        expect(samples.map(({ labels }) => labels.name)).toEqual(names);
      }),
    );
  });

  test('long texts come in pieces, and no piece is long', () => {
    const subject = things(Array.from({ length: 20_000 }, (_, at) => [`name ${at}`, at]));
    const list = families(subject, [{ name: 'x', type: 'gauge', help: 'h', value: (of) => of }]);
    const pieces = [...render(list, scene(), 'prometheus')];
    expect(pieces.length).toBeGreaterThan(20);
    expect(Math.max(...pieces.map((piece) => piece.split('\n').length))).toBeLessThan(2000);
    expect(parse(pieces.join('')).samples).toHaveLength(20_000);
  });
});

describe('Accept', () => {
  test.each([
    [undefined, 'prometheus'],
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html', 'prometheus'],
    ['text/plain;version=0.0.4', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=2.0.0', 'prometheus'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.2, text/plain;q=0.9', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['APPLICATION/OpenMetrics-Text ; Version=1.0.0', 'openmetrics'],
  ])('%s: %s', (accept, format) => {
    expect(negotiate(accept)).toBe(format);
  });
});

test('a histogram counts a value at its bound below it', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 2.1]) histogram.observe(value);
  expect(histogram.counts).toEqual([2, 2, 1]);
  expect(histogram.sum).toBeCloseTo(6.6);
});
