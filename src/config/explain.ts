import { z } from 'zod';
import { formatDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import type { Finding, Path } from './issue.ts';
import { expects, fieldOf, fieldsOf, optionsOf, settingOf, wordsOf } from './shape.ts';
import { lookup, type Tree } from './tree.ts';

type ZodIssue = z.core.$ZodIssue;

/** The schema's complaints as people read them, each with the path it is about. */
export function explain(issues: readonly ZodIssue[], schema: z.ZodType, tree: Tree): Finding[] {
  return issues.flatMap((issue) => one(issue, [], schema, tree));
}

function one(issue: ZodIssue, prefix: Path, schema: z.ZodType, tree: Tree): Finding[] {
  const path = [...prefix, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  const value = lookup(tree, path);
  const here = schemaAt(schema, tree, path);
  if (value === undefined) return [missing(path, here)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], here));
    case 'invalid_union': {
      // The branch that came furthest is the one that was meant; none did when all fail at the value itself.
      const [best] = issue.errors
        .map((branch) => ({ branch, rank: Math.max(0, ...branch.map(rank)) }))
        .sort((a, b) => a.rank - b.rank);
      if (best?.rank === 0) return best.branch.flatMap((below) => one(below, path, schema, tree));
      return [mismatch(path, value, here)];
    }
    case 'custom': {
      const fix = issue.params?.fix;
      if (issue.message === 'Invalid input') return [mismatch(path, value, here)];
      return [
        {
          code: 'bad-value',
          path,
          message: label(path, issue.message),
          fix: typeof fix === 'string' ? fix : undefined,
        },
      ];
    }
    default:
      return [mismatch(path, value, here)];
  }
}

/** How far a branch of a union is from what was written. */
function rank(issue: ZodIssue): number {
  if (issue.path.length > 0) return 0;
  return issue.code === 'invalid_type' || issue.code === 'invalid_union' ? 2 : issue.code === 'invalid_value' ? 1 : 0;
}

/** The schema at a path; of a union, the branch that takes the kind of value that stands there. */
function schemaAt(schema: z.ZodType, tree: Tree, path: Path): z.ZodType {
  let here = schema;
  for (const [depth, key] of path.entries()) {
    const { inner } = branch(here, lookup(tree, path.slice(0, depth)));
    if (inner instanceof z.ZodObject) here = fieldOf(inner, String(key)) ?? here;
    else if (inner instanceof z.ZodArray) here = inner.element as z.ZodType;
  }
  return here;
}

function branch(schema: z.ZodType, value: Tree | undefined): ReturnType<typeof settingOf> {
  const setting = settingOf(schema);
  if (!(setting.inner instanceof z.ZodUnion)) return setting;
  const kind = value?.kind === 'map' ? z.ZodObject : z.ZodArray;
  const options = optionsOf(setting.inner).map(settingOf);
  return options.find(({ inner }) => inner instanceof kind) ?? setting;
}

function missing(path: Path, schema: z.ZodType): Finding {
  const what = settingOf(schema).meta.description ?? expects(schema);
  const key = String(path.at(-1));
  return { code: 'missing-key', path: path.slice(0, -1), key, message: `"${key}" is missing: ${what}` };
}

function unknownKey(path: Path, around: z.ZodType): Finding {
  const key = String(path.at(-1));
  const { inner } = settingOf(around);
  const object = inner instanceof z.ZodUnion ? optionsOf(inner).find((option) => option instanceof z.ZodObject) : inner;
  const keys = object instanceof z.ZodObject ? fieldsOf(object).map(([name]) => name) : [];
  const meant = nearest(key, keys);
  const has = keys.length === 0 ? 'it takes no settings' : `there are: ${keys.join(', ')}`;
  const message = `there is no setting "${key}" ${path.length > 1 ? `in ${place(path.slice(0, -1))}` : 'at the top of the file'}`;
  return {
    code: 'unknown-key',
    path,
    atKey: true,
    message: meant === undefined ? `${message}; ${has}` : message,
    fix: meant && `write "${meant}"`,
  };
}

function mismatch(path: Path, value: Tree, schema: z.ZodType): Finding {
  const message = label(path, `expected ${expects(schema)}, got ${show(value)}`);
  const code = fitsType(value, schema) ? 'bad-value' : 'wrong-type';
  return { code, path, message, fix: suggestion(value, schema) };
}

/** Whether only the value is wrong, not its type. */
function fitsType(value: Tree, schema: z.ZodType): boolean {
  const { inner } = settingOf(schema);
  if (inner instanceof z.ZodUnion) return optionsOf(inner).some((option) => fitsType(value, option));
  if (inner instanceof z.ZodObject) return value.kind === 'map';
  if (inner instanceof z.ZodArray) return value.kind === 'list';
  if (value.kind !== 'leaf') return false;
  if (inner instanceof z.ZodNumber) return typeof value.value === 'number';
  return typeof value.value === (inner instanceof z.ZodBoolean ? 'boolean' : 'string');
}

function suggestion(value: Tree, schema: z.ZodType): string | undefined {
  const { inner, meta } = settingOf(schema);
  if (inner instanceof z.ZodArray && value.kind === 'leaf' && value.value !== null)
    return `write a list: [${show(value)}]`;
  if (inner instanceof z.ZodObject && value.kind === 'leaf' && typeof value.value === 'string')
    return 'address' in inner.shape ? `write { address: ${value.value} }` : undefined;
  if (value.kind !== 'leaf') return undefined;
  const given = value.value;
  if (given === null) return 'give it a value, or remove the key';
  if (typeof given === 'string') {
    const meant = nearest(given, wordsOf(schema));
    if (meant !== undefined) return `write ${meant}`;
    if (meta.word === 'path' && given !== '') return `write "/${given}"`;
    if (inner instanceof z.ZodNumber && /^\d+$/.test(given)) return `write ${given} without quotes`;
    const flag = /^(yes|on|true)$/i.test(given) || (/^(no|off|false)$/i.test(given) ? false : undefined);
    return inner instanceof z.ZodBoolean && flag !== undefined ? `write ${flag}` : undefined;
  }
  const isDuration = [schema, ...(inner instanceof z.ZodUnion ? optionsOf(inner) : [])].some(
    (option) => settingOf(option).meta.word === 'duration',
  );
  if (typeof given === 'number' && isDuration && given >= 0) return `write "${formatDuration(given * 1000)}"`;
  const quotable = meta.word === undefined || meta.word === 'name' || meta.word === 'text';
  return inner instanceof z.ZodString && quotable ? `write "${given}" in quotes` : undefined;
}

/** A value as it is quoted in messages, cut to a length that fits a line. */
function show(value: Tree): string {
  if (value.kind !== 'leaf') return value.kind === 'map' ? 'a map' : 'a list';
  if (value.value === null) return 'nothing';
  if (typeof value.value !== 'string') return String(value.value);
  return JSON.stringify(value.value.length > 60 ? `${value.value.slice(0, 57)}...` : value.value);
}

/** The setting a path ends in, without the positions of list items. */
const name = (path: Path): string => String(path.findLast((key) => typeof key === 'string') ?? 'the file');

const place = (path: Path): string => `${name(path)}${typeof path.at(-1) === 'number' ? '[]' : ''}`;

const label = (path: Path, message: string): string => `${name(path)}: ${message}`;
