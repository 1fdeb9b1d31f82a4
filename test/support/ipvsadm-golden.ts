import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookUpNames, type Names } from '../../src/cli/ipvsadm/names.ts';
import type { ListFormat } from '../../src/cli/ipvsadm/request.ts';
import type { IpvsTimeouts, SyncDaemon } from '../../src/kernel/ipvs.ts';
import type { RatedService } from '../../src/kernel/records.ts';
import type { IpvsInfo } from '../../src/model/observed.ts';

const FOLDER = join(import.meta.dirname, '../golden/ipvsadm');

export const golden = (path: string): string => readFileSync(join(FOLDER, path), 'latin1');

/** What test/support/ipvsadm-state.ts printed. */
export interface State {
  readonly info: IpvsInfo;
  readonly services: readonly RatedService[];
  readonly timeouts: IpvsTimeouts;
  readonly daemons: readonly SyncDaemon[];
}

export const readState = (folder: string): State =>
  JSON.parse(golden(`${folder}/state.json`), (key, value) =>
    key === 'stats'
      ? Object.fromEntries(Object.entries<string>(value).map(([name, text]) => [name, BigInt(text)]))
      : value,
  );

/** The runs of a folder: name of the output, and the options that gave it. */
export const readCommands = (folder: string): { readonly name: string; readonly options: readonly string[] }[] =>
  golden(`${folder}/commands`)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [name = '', options = ''] = line.split(': ');
      return { name, options: options.split(' ') };
    });

/** Names as the captured ipvsadm found them. */
export const readNames = (folder: string): Promise<Names> => {
  const hosts = new Map(
    golden(`${folder}/hosts`)
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return lookUpNames(hosts.keys(), {
    reverse: async (address) => hosts.get(address),
    services: async () => golden(`${folder}/services`),
  });
};

export const PLAIN: ListFormat = {
  stats: false,
  rate: false,
  thresholds: false,
  persistentConnections: false,
  tunnelInfo: false,
  numeric: true,
  exact: false,
  sort: true,
  json: false,
  strictCompat: false,
};

/** Enough of an option parser for the captured command lines. */
export const formatOf = (options: readonly string[], strictCompat: boolean): ListFormat => ({
  stats: options.includes('--stats'),
  rate: options.includes('--rate'),
  thresholds: options.includes('--thresholds'),
  persistentConnections: options.includes('--persistent-conn'),
  tunnelInfo: options.includes('--tun-info'),
  numeric: options[0]?.includes('n') ?? false,
  exact: options.includes('--exact'),
  sort: !options.includes('--nosort'),
  json: false,
  strictCompat,
});
