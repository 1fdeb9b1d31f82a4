import { z } from 'zod';
import { formatDuration } from '../base/duration.ts';
import { SCHEDULERS, schedulerRow } from '../model/schedulers.ts';
import { SYSCTLS, sysctlValues } from '../model/sysctls.ts';
import { CODES } from './codes.ts';
import { configSchema } from './schema.ts';
import { bounded, fieldsOf, optionsOf, settingOf } from './shape.ts';

/** The tables of docs/configuration.md, from the schema and the tables of the model. */

interface Block {
  readonly schema: z.ZodObject;
  readonly description: string;
  readonly reload: string;
  /** Every place it stands at: `services[].check`. */
  readonly places: string[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** The map a setting holds, if it holds one: itself, a choice of a union, or the items of a list. */
function mapWithin(schema: z.ZodType): { object: z.ZodObject; list: boolean } | undefined {
  const { inner } = settingOf(schema);
  if (inner instanceof z.ZodObject) return { object: inner, list: false };
  if (inner instanceof z.ZodArray) {
    const item = mapWithin(inner.element as z.ZodType);
    return item && { object: item.object, list: true };
  }
  return inner instanceof z.ZodUnion
    ? optionsOf(inner)
        .map(mapWithin)
        .find((found) => found !== undefined)
    : undefined;
}

/** Every map of settings once, in the order of the file. */
function blocks(): Block[] {
  const found = new Map<unknown, Block>();
  const visit = (schema: z.ZodObject, description: string, place: string, reload: string): void => {
    // The same block at two places has one shape, whatever was said about each place.
    const known = found.get(schema.shape);
    if (known !== undefined) {
      // Parts of combined checks are the kinds once more.
      if (!place.includes('.all[].')) known.places.push(place);
      return;
    }
    found.set(schema.shape, { schema, description, reload, places: [place] });
    for (const [key, field] of fieldsOf(schema)) {
      const within = mapWithin(field);
      if (within === undefined) continue;
      const { meta } = settingOf(field);
      const below = `${place === '' ? '' : `${place}.`}${key}${within.list ? '[]' : ''}`;
      visit(within.object, within.object.meta()?.description ?? meta.description ?? '', below, meta.reload ?? reload);
    }
  };
  visit(configSchema, 'the whole file', '', 'live');
  return [...found.values()];
}

function typeOf(schema: z.ZodType): string {
  const { inner, meta } = settingOf(schema);
  if (meta.word !== undefined) return meta.word;
  if (inner instanceof z.ZodUnion) return optionsOf(inner).map(typeOf).join(' or ');
  if (inner instanceof z.ZodObject) return 'map';
  if (inner instanceof z.ZodArray) return `list of ${typeOf(inner.element as z.ZodType)}`;
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodNumber) return inner.isInt ? 'integer' : 'number';
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => code(String(option))).join(', ');
  return inner instanceof z.ZodLiteral ? [...inner.values].map((value) => code(String(value))).join(', ') : 'text';
}

function boundsOf(schema: z.ZodType): string {
  const { inner, meta } = settingOf(schema);
  if (meta.bounds !== undefined) return meta.bounds;
  if (inner instanceof z.ZodUnion) return optionsOf(inner).map(boundsOf).filter(Boolean).join('; ');
  if (inner instanceof z.ZodArray) return meta.minItems === undefined ? '' : `at least ${meta.minItems}`;
  if (!(inner instanceof z.ZodNumber)) return '';
  const { min, max } = bounded(inner);
  if (max === undefined) return min === undefined ? '' : `at least ${min}`;
  return `${min} to ${max}`;
}

function defaultOf(schema: z.ZodType): string {
  const setting = settingOf(schema);
  if (!setting.optional) return 'required';
  if (setting.default === undefined) return '';
  return code(typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default));
}

function settingRows(block: Block): string[][] {
  return fieldsOf(block.schema).map(([key, field]) => {
    const { meta } = settingOf(field);
    const reload = meta.reload ?? block.reload;
    return [code(key), typeOf(field), defaultOf(field), boundsOf(field), reload, meta.description ?? ''];
  });
}

export function settingTables(): string {
  const head = ['Setting', 'Type', 'Default', 'Bounds', 'Reload', 'Meaning'];
  return blocks()
    .filter((block) => block.places[0] !== 'director.sysctls')
    .map((block) => {
      const [place = ''] = block.places;
      const title = place === '' ? 'Top level' : block.places.map(code).join(' and ');
      const rows = settingRows(block);
      const body = rows.length === 0 ? 'It has no settings: write `{}`.' : table(head, rows);
      return `### ${title}\n\n${sentence(block.description)}\n\n${body}`;
    })
    .join('\n\n');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function schedulerTable(): string {
  const weights = {
    share: 'share of the load',
    'zero-or-not': 'only whether it is 0',
    ceiling: 'ceiling on connections',
    'highest-first': 'the highest goes first',
  } as const;
  const rows = Object.entries(SCHEDULERS).map(([name, row]) => {
    const flags = Object.keys(schedulerRow(name)?.flags ?? {})
      .map(code)
      .join(', ');
    return [code(name), row.title, row.promise, row.decides, weights[row.weights], flags, row.since];
  });
  return table(['Name', 'Title', 'Promise', 'Decided by', 'Weight means', 'Flags', 'Kernel'], rows);
}

export function sysctlTable(): string {
  const rows = Object.entries(SYSCTLS).map(([name, row]) => [
    code(name),
    row.set === null ? '`keep`' : code(String(row.set)),
    `${sysctlValues(row)}, or \`keep\``,
    row.initial === null ? 'by memory' : row.initial === '' ? 'empty' : code(row.initial),
    row.since,
    row.meaning,
  ]);
  return table(['Setting', 'Fairlead sets', 'Values', "Kernel's default", 'Kernel', 'Meaning'], rows);
}

export function codeTable(): string {
  const rows = Object.entries(CODES).map(([name, row]) => [code(name), row.severity, row.meaning]);
  return table(['Code', 'Severity', 'Meaning'], rows);
}

export const DURATION_EXAMPLES = [250, 1500, 300_000, 3_600_000].map((ms) => code(formatDuration(ms))).join(', ');
