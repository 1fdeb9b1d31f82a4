import type { Family, Item, Subject } from './family.ts';
import type { HistogramView } from './histogram.ts';
import { escapeLabel } from './labels.ts';
import type { Scene } from './scene.ts';

/** Prometheus' text form 0.0.4, or OpenMetrics 1.0. */
export type Format = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Lines, or things looked at, between two breaks: a few milliseconds of work. */
const BREATH = 500;

/** The whole text in pieces; between two of them the caller may do something else. A piece may be empty. */
export function* render(families: readonly Family[], scene: Scene, format: Format): Generator<string, void> {
  const listed = new Map<Subject<unknown>, readonly Item<unknown>[]>();
  const names = new Set(families.map(({ name }) => name));
  scene.labels.turn();
  let text = '';
  let lines = 0;
  for (const family of families) {
    let items = listed.get(family.subject);
    if (items === undefined) {
      items = yield* list(family.subject, scene);
      listed.set(family.subject, items);
    }
    const write = writerOf(family, format);
    let head = headOf(family, format, names);
    for (const item of items) {
      const written = write(item);
      if (written === '') continue;
      text += head + written;
      head = '';
      lines += family.value === undefined ? 10 : 1;
      if (lines < BREATH) continue;
      yield text;
      text = '';
      lines = 0;
    }
  }
  yield format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function* list(subject: Subject<unknown>, scene: Scene): Generator<string, Item<unknown>[]> {
  const items: Item<unknown>[] = [];
  for (const item of subject.items(scene)) {
    items.push(item);
    if (items.length % BREATH === 0) yield '';
  }
  return items;
}

/** OpenMetrics knows a counter by its family's name and wants `_total` at its samples. Names of others that have none are of
 *  an unknown type there, and so is a counter whose family's name is another's. */
function headOf({ name, type, help }: Family, format: Format, names: ReadonlySet<string>): string {
  if (format === 'prometheus')
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`;
  const suffix = type === 'counter' ? '_total' : type === 'info' ? '_info' : '';
  const fits = name.endsWith(suffix) && (suffix === '' || !names.has(name.slice(0, -suffix.length)));
  const family = fits ? name.slice(0, name.length - suffix.length) : name;
  const kind = fits ? type : type === 'info' ? 'gauge' : 'unknown';
  return `# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n# TYPE ${family} ${kind}\n`;
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

type Write = (item: Item<unknown>) => string;

function writerOf({ name, value, states, parts, histogram }: Family, format: Format): Write {
  if (value !== undefined)
    return ({ labels, of }) => {
      const found = value(of);
      if (found === null) return '';
      return labels === '' ? `${name} ${number(found)}\n` : `${name}{${labels}} ${number(found)}\n`;
    };
  const open = (labels: string, label: string, suffix = '') =>
    `${name}${suffix}{${labels === '' ? '' : `${labels},`}${label}="`;
  if (states !== undefined) {
    const { label, words, now } = states;
    return ({ labels, of }) => {
      const start = open(labels, label);
      const present = now(of);
      let text = '';
      for (const word of words) text += `${start}${word}"} ${word === present ? 1 : 0}\n`;
      return text;
    };
  }
  if (parts !== undefined)
    return ({ labels, of }) => {
      const start = open(labels, parts.label);
      let text = '';
      for (const [part, found] of parts.of(of)) text += `${start}${escapeLabel(part)}"} ${number(found)}\n`;
      return text;
    };
  return ({ labels, of }) => {
    const view = histogram?.(of) ?? null;
    if (view === null) return '';
    return buckets(open(labels, 'le', '_bucket'), view, format) + sums(name, labels, view, format);
  };
}

function buckets(start: string, { bounds, counts }: HistogramView, format: Format): string {
  let text = '';
  let sum = 0;
  for (let i = 0; i < bounds.length; i++) {
    sum += counts[i] ?? 0;
    const bound = number(bounds[i] ?? 0);
    // OpenMetrics wants floats there.
    text += `${start}${format === 'openmetrics' && /^\d+$/.test(bound) ? `${bound}.0` : bound}"} ${sum}\n`;
  }
  return `${text}${start}+Inf"} ${total(counts)}\n`;
}

/** OpenMetrics wants both or neither. */
function sums(name: string, labels: string, { counts, sum }: HistogramView, format: Format): string {
  if (sum === null && format === 'openmetrics') return '';
  const braces = labels === '' ? '' : `{${labels}}`;
  const summed = sum === null ? '' : `${name}_sum${braces} ${number(sum)}\n`;
  return `${summed}${name}_count${braces} ${total(counts)}\n`;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function number(value: number | bigint): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
