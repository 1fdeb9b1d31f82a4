import type { OptionForm } from './popt.ts';

/** Every command and option of the command line, one row each: their forms, and which go together. Rows of ours that
 *  ipvsadm does not have are marked; they have long forms only, so that they meet none of its letters. */

/** Options by the name that messages give them, in the order in which they are checked. */
export const OPTIONS = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'mcast-interface',
  'timeout',
  'daemon',
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'nosort',
  'syncid',
  'exact',
  'ops',
  'pe',
  'sched-flags',
  'mcast-group',
  'mcast-port',
  'mcast-ttl',
  'sync-maxlen',
  'tun-info',
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
  // Ours.
  'json',
  'extended',
  'dry-run',
] as const;

export type OptionName = (typeof OPTIONS)[number];

interface FormRow extends OptionForm {
  readonly long: string;
  /** Null for what may be given again and is never out of place. */
  readonly option: OptionName | null;
}

/** How options are written. */
export const FORMS = [
  { long: 'tcp-service', short: 't', value: 'required', option: 'service-address' },
  { long: 'udp-service', short: 'u', value: 'required', option: 'service-address' },
  { long: 'sctp-service', value: 'required', option: 'service-address' },
  { long: 'fwmark-service', short: 'f', value: 'required', option: 'service-address' },
  { long: 'ipv6', short: '6', value: 'none', option: null },
  { long: 'scheduler', short: 's', value: 'required', option: 'scheduler' },
  { long: 'persistent', short: 'p', value: 'optional', option: 'persistent' },
  { long: 'netmask', short: 'M', value: 'required', option: 'netmask' },
  { long: 'real-server', short: 'r', value: 'required', option: 'real-server' },
  { long: 'masquerading', short: 'm', value: 'none', option: 'forwarding-method' },
  { long: 'ipip', short: 'i', value: 'none', option: 'forwarding-method' },
  { long: 'gatewaying', short: 'g', value: 'none', option: 'forwarding-method' },
  { long: 'forward', value: 'required', option: 'forwarding-method' }, // Ours.
  { long: 'weight', short: 'w', value: 'required', option: 'weight' },
  { long: 'u-threshold', short: 'x', value: 'required', option: 'u-threshold' },
  { long: 'l-threshold', short: 'y', value: 'required', option: 'l-threshold' },
  { long: 'tun-type', value: 'required', option: 'tun-type' },
  { long: 'tun-port', value: 'required', option: 'tun-port' },
  { long: 'tun-nocsum', value: 'none', option: 'tun-nocsum' },
  { long: 'tun-csum', value: 'none', option: 'tun-csum' },
  { long: 'tun-remcsum', value: 'none', option: 'tun-remcsum' },
  { long: 'ops', short: 'o', value: 'none', option: 'ops' },
  { long: 'pe', value: 'required', option: 'pe' },
  { long: 'sched-flags', short: 'b', value: 'required', option: 'sched-flags' },
  { long: 'mcast-interface', value: 'required', option: 'mcast-interface' },
  { long: 'syncid', value: 'required', option: 'syncid' },
  { long: 'sync-maxlen', value: 'required', option: 'sync-maxlen' },
  { long: 'mcast-group', value: 'required', option: 'mcast-group' },
  { long: 'mcast-port', value: 'required', option: 'mcast-port' },
  { long: 'mcast-ttl', value: 'required', option: 'mcast-ttl' },
  { long: 'numeric', short: 'n', value: 'none', option: 'numeric' },
  { long: 'connection', short: 'c', value: 'none', option: 'connection' },
  { long: 'timeout', value: 'none', option: 'timeout' },
  { long: 'daemon', value: 'none', option: 'daemon' },
  { long: 'stats', value: 'none', option: 'stats' },
  { long: 'rate', value: 'none', option: 'rate' },
  { long: 'thresholds', value: 'none', option: 'thresholds' },
  { long: 'persistent-conn', value: 'none', option: 'persistent-conn' },
  { long: 'tun-info', value: 'none', option: 'tun-info' },
  { long: 'nosort', value: 'none', option: 'nosort' },
  { long: 'sort', value: 'none', option: null },
  { long: 'exact', short: 'X', value: 'none', option: 'exact' },
  { long: 'json', value: 'none', option: 'json' }, // Ours.
  { long: 'extended', value: 'none', option: 'extended' }, // Ours.
  { long: 'dry-run', value: 'none', option: 'dry-run' }, // Ours.
  { long: 'strict-compat', value: 'none', option: null }, // Ours.
] as const satisfies readonly FormRow[];

export type Form = (typeof FORMS)[number];
export type FormName = Form['long'];

/** What an option is to a command, a tunnel type, ...: it must be there, may be there, or may be there as the only one of
 *  its group. What is not named may not be there. */
export interface Rules {
  readonly needs?: readonly OptionName[];
  readonly may?: readonly OptionName[];
  readonly oneOf?: readonly OptionName[];
}

/** A command's. */
export interface CommandRules extends OptionForm, Rules {
  /** As messages call it. */
  readonly name: string;
  /** Ours: what ipvsadm does not let it have. */
  readonly ours?: readonly OptionName[];
}

const SERVICE_SETTINGS = ['scheduler', 'persistent', 'netmask', 'ops', 'pe', 'sched-flags'] as const;
const TUNNEL_SETTINGS = ['tun-type', 'tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum'] as const;
const SERVER_SETTINGS = ['forwarding-method', 'weight', 'u-threshold', 'l-threshold', ...TUNNEL_SETTINGS] as const;
/** A sync id says nothing to a listing, but ipvsadm lets it pass. */
const COLUMNS = [
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'tun-info',
  'numeric',
  'nosort',
  'exact',
  'syncid',
] as const;
const DAEMON_SETTINGS = ['mcast-interface', 'syncid', 'mcast-group', 'mcast-port', 'mcast-ttl', 'sync-maxlen'] as const;
const SERVICE = ['service-address'] as const;
const SERVER = ['service-address', 'real-server'] as const;

const LIST = {
  name: 'list',
  long: 'list',
  value: 'none',
  may: COLUMNS,
  oneOf: ['connection', 'service-address', 'timeout', 'daemon'],
  ours: ['real-server', 'json'],
} as const;

/** The first option of a command line is one of these. */
export const COMMANDS = [
  { name: 'add-service', long: 'add-service', short: 'A', value: 'none', needs: SERVICE, may: SERVICE_SETTINGS },
  { name: 'edit-service', long: 'edit-service', short: 'E', value: 'none', needs: SERVICE, may: SERVICE_SETTINGS },
  { name: 'delete-service', long: 'delete-service', short: 'D', value: 'none', needs: SERVICE },
  { name: 'flush', long: 'clear', short: 'C', value: 'none' },
  { name: 'restore', long: 'restore', short: 'R', value: 'none', ours: ['json', 'dry-run'] },
  { name: 'save', long: 'save', short: 'S', value: 'none', may: ['numeric'], ours: ['extended'] },
  { name: 'add-server', long: 'add-server', short: 'a', value: 'none', needs: SERVER, may: SERVER_SETTINGS },
  { name: 'edit-server', long: 'edit-server', short: 'e', value: 'none', needs: SERVER, may: SERVER_SETTINGS },
  { name: 'delete-server', long: 'delete-server', short: 'd', value: 'none', needs: SERVER },
  { ...LIST, short: 'L' },
  { ...LIST, short: 'l' },
  { name: 'zero', long: 'zero', short: 'Z', value: 'none', may: SERVICE },
  { name: 'set', long: 'set', value: 'none' },
  { name: 'start-daemon', long: 'start-daemon', value: 'required', may: DAEMON_SETTINGS },
  { name: 'stop-daemon', long: 'stop-daemon', value: 'required', may: ['syncid'] },
  { name: 'help', long: 'help', short: 'h', value: 'none' },
  { name: 'version', long: 'version', short: 'v', value: 'none' },
] as const satisfies readonly CommandRules[];

export type CommandName = (typeof COMMANDS)[number]['name'];

/** Options of a tunnel, which belong to its type. */
export const TUNNEL_TYPES = {
  ipip: {},
  gue: { needs: ['tun-port'], oneOf: ['tun-nocsum', 'tun-csum', 'tun-remcsum'] },
  gre: { oneOf: ['tun-nocsum', 'tun-csum'] },
} as const satisfies Readonly<Record<string, Rules>>;

export const TUNNEL_OPTIONS: readonly OptionName[] = TUNNEL_SETTINGS.slice(1);

/** The words of a refusal, or undefined. `whole` names what the rules belong to: `'list' command`. Options that are not
 *  `among` are not looked at. */
export function checkOptions(
  given: ReadonlySet<OptionName>,
  rules: Rules,
  whole: string,
  among: readonly OptionName[] = OPTIONS,
): string | undefined {
  let chosen: OptionName | undefined;
  for (const name of among) {
    const alone = rules.oneOf?.includes(name) ?? false;
    if (!given.has(name)) {
      if (rules.needs?.includes(name)) return `You need to supply the '${name}' option for the ${whole}`;
    } else if (alone) {
      if (chosen !== undefined) return `The option '${name}' conflicts with the '${chosen}' option in the ${whole}`;
      chosen = name;
    } else if (!rules.needs?.includes(name) && !rules.may?.includes(name)) {
      return `Illegal '${name}' option with the ${whole}`;
    }
  }
  return undefined;
}
