import { z } from 'zod';

/** The schema as data: what the messages, the reference and reload need to know about a setting. */

export interface Setting {
  /** The value's own schema, without optional, default and codec around it. */
  readonly inner: z.ZodType;
  readonly meta: z.GlobalMeta;
  readonly optional: boolean;
  /** In the form people write it. */
  readonly default: unknown;
}

const inner = (schema: { unwrap(): unknown }): z.ZodType => schema.unwrap() as z.ZodType;

const settings = new WeakMap<z.ZodType, Setting>();

/** Takes the wrappers off; what is said further out counts. */
export function settingOf(schema: z.ZodType): Setting {
  const known = settings.get(schema) ?? unwrapped(schema);
  settings.set(schema, known);
  return known;
}

function unwrapped(schema: z.ZodType): Setting {
  let here = schema;
  let meta: z.GlobalMeta = here.meta() ?? {};
  let optional = false;
  let fallback: unknown;
  for (;;) {
    if (here instanceof z.ZodOptional) {
      optional = true;
      here = inner(here);
    } else if (here instanceof z.ZodDefault || here instanceof z.ZodPrefault) {
      optional = true;
      fallback ??= here.def.defaultValue;
      here = inner(here);
    } else if (here instanceof z.ZodPipe) here = here.in as z.ZodType;
    else return { inner: here, meta, optional, default: fallback };
    meta = { ...here.meta(), ...meta };
  }
}

export const fieldsOf = (schema: z.ZodObject): [string, z.ZodType][] => Object.entries(schema.shape);

export const fieldOf = (schema: z.ZodObject, key: string): z.ZodType | undefined =>
  Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;

export const optionsOf = (schema: z.ZodUnion): z.ZodType[] => schema.options as z.ZodType[];

/** The words a setting takes, if it takes only certain ones (or some besides other values). */
export function wordsOf(schema: z.ZodType): string[] {
  const { inner } = settingOf(schema);
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  if (inner instanceof z.ZodLiteral) return [...inner.values].map(String);
  return inner instanceof z.ZodUnion ? optionsOf(inner).flatMap(wordsOf) : [];
}

export const bounded = (schema: z.ZodNumber): { min: number | undefined; max: number | undefined } => {
  const limit = (value: number | null) => (value === null || !Number.isFinite(value) ? undefined : value);
  const wide = (value: number | undefined) => (Math.abs(value ?? 0) === Number.MAX_SAFE_INTEGER ? undefined : value);
  return { min: wide(limit(schema.minValue)), max: wide(limit(schema.maxValue)) };
};

const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Completes "expected ...". */
export function expects(schema: z.ZodType): string {
  const { inner, meta } = settingOf(schema);
  if (typeof meta.expects === 'string') return meta.expects;
  if (inner instanceof z.ZodUnion) return list([...new Set(optionsOf(inner).map(expects))]);
  if (inner instanceof z.ZodObject) return 'a map';
  if (inner instanceof z.ZodArray) return 'a list';
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodNumber) {
    const { min, max } = bounded(inner);
    const number = inner.isInt ? 'a whole number' : 'a number';
    if (max !== undefined) return `${number} of ${min} to ${max}`;
    return min === undefined ? number : `${number} of at least ${min}`;
  }
  const words = wordsOf(inner);
  return words.length > 0 ? list(words) : 'text';
}
