import { z } from 'zod';
import { atOnce } from '../base/steps.ts';
import { serverName } from './names.ts';
import {
  type AddressConfig,
  type Config,
  configSchema,
  type GroupConfig,
  type InstanceConfig,
  type ServerConfig,
  type ServiceConfig,
} from './schema.ts';
import { fieldsOf, optionsOf, settingOf } from './shape.ts';

/** Paths of the settings that differ, in the words of the file: `services.web.servers.10.0.0.11.weight`. */
export interface ReloadDifference {
  readonly live: string[];
  /** What only a restart of the daemon can apply. */
  readonly restart: string[];
}

/** Lists whose items are known by name, so that their order does not matter; `*` is any name. Other lists are compared whole. */
const ITEM_NAMES: Readonly<Record<string, (item: never) => string>> = {
  addresses: ({ address, interface: where }: AddressConfig) => `${address.address}/${address.prefix}@${where}`,
  instances: ({ name }: InstanceConfig) => name,
  groups: ({ name }: GroupConfig) => name,
  services: ({ name }: ServiceConfig) => name,
  'services.*.servers': (server: ServerConfig) => serverName(server),
};

export const reloadDifference = (before: Config, after: Config): ReloadDifference =>
  atOnce(differenceSteps(before, after));

/** As reloadDifference, an item of a list at a time. */
export function* differenceSteps(before: Config, after: Config): Generator<void, ReloadDifference> {
  const difference: ReloadDifference = { live: [], restart: [] };
  yield* compare(configSchema, before, after, [], 'live', difference);
  return difference;
}

type Reload = 'live' | 'restart';
type Plain = Readonly<Record<string, unknown>>;

function* compare(
  schema: z.ZodType,
  a: unknown,
  b: unknown,
  path: string[],
  outer: Reload,
  to: ReloadDifference,
): Generator<void, void> {
  // The whole, and the list of services, are compared part by part.
  if (path.length > 1 && same(a, b)) return;
  const { inner, meta } = settingOf(schema);
  const reload = meta.reload ?? outer;
  const byName = ITEM_NAMES[path.map((part, depth) => (depth % 2 === 1 ? '*' : part)).join('.')] as
    | ((item: unknown) => string)
    | undefined;
  const object = isMap(a) && isMap(b) ? objectOf(inner) : undefined;
  if (object !== undefined) {
    for (const [key, field] of fieldsOf(object)) {
      yield* compare(field, (a as Plain)[key], (b as Plain)[key], [...path, key], reload, to);
    }
  } else if (inner instanceof z.ZodArray && byName !== undefined && Array.isArray(a) && Array.isArray(b)) {
    const olds = new Map(a.map((item) => [byName(item), item]));
    const news = new Map(b.map((item) => [byName(item), item]));
    for (const [name, item] of news) {
      yield;
      if (!olds.has(name)) to[reload].push(`${[...path, name].join('.')} (added)`);
      else yield* compare(inner.element as z.ZodType, olds.get(name), item, [...path, name], reload, to);
    }
    for (const name of olds.keys()) if (!news.has(name)) to[reload].push(`${[...path, name].join('.')} (removed)`);
  } else if (!same(a, b)) to[reload].push(path.join('.'));
}

const objectOf = (schema: z.ZodType): z.ZodObject | undefined => {
  if (schema instanceof z.ZodObject) return schema;
  return schema instanceof z.ZodUnion ? optionsOf(schema).find((option) => option instanceof z.ZodObject) : undefined;
};

const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
}
