import type { FileStat, Machine } from '../../src/cli/doctor/check.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Link, ObservedAddress } from '../../src/model/observed.ts';

export interface MachineParts {
  readonly release?: string;
  readonly uid?: number;
  /** Path to text; folders follow from the paths. An Error is thrown by who reads it. */
  readonly files?: Readonly<Record<string, string | Error>>;
  readonly stats?: Readonly<Record<string, FileStat>>;
  /** Command line to what it prints. */
  readonly programs?: Readonly<Record<string, string | Error>>;
  readonly daemon?: boolean;
  readonly links?: readonly Link[];
  readonly addresses?: readonly ObservedAddress[];
}

/** A machine in memory. */
export function fakeMachine(parts: MachineParts = {}): Machine {
  const files = parts.files ?? {};
  const given = (value: string | Error | undefined): string | undefined => {
    if (value instanceof Error) throw value;
    return value;
  };
  return {
    release: parts.release ?? '6.1.0-1-amd64',
    uid: parts.uid ?? 0,
    pid: 4242,
    text: async (path) => given(files[path]),
    names: async (folder) => [
      ...new Set(
        Object.keys(files).flatMap((path) =>
          path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1).split('/', 1)[0] ?? ''] : [],
        ),
      ),
    ],
    stat: async (path) => parts.stats?.[path],
    output: async (program, words) => given(parts.programs?.[[program, ...words].join(' ')]),
    answers: async () => parts.daemon ?? false,
    links: async () => parts.links ?? [],
    addresses: async () => parts.addresses ?? [],
  };
}

export const link = (name: string, more: Partial<Link> = {}): Link => ({
  index: 1,
  name,
  up: true,
  carrier: true,
  mtu: 1500,
  hardwareAddress: '',
  ...more,
});

export const held = (address: string, name: string, more: Partial<ObservedAddress> = {}): ObservedAddress => ({
  address,
  prefix: address.includes(':') ? 128 : 32,
  interface: name,
  family: address.includes(':') ? 'inet6' : 'inet',
  owner: 0,
  label: null,
  duplicate: false,
  ...more,
});

/** A configuration from its text; throws on mistakes. */
export function configOf(text: string): Config {
  const parsed = parseConfig(text, 'fairlead.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.config;
}
