import { familyOf } from '../../base/ip.ts';
import { type Destination, serviceFamily, type Tunnel, type VirtualServiceId } from '../../model/service.ts';
import type { Resolver } from './address.ts';
import { type Draft, newDraft, REFUSED, Refusal } from './draft.ts';
import {
  COMMANDS,
  type CommandName,
  type CommandRules,
  checkOptions,
  FORMS,
  type OptionName,
  type Rules,
  TUNNEL_OPTIONS,
  TUNNEL_TYPES,
} from './options.ts';
import { FormIndex, type Found, Popt } from './popt.ts';
import type { ListFormat, Request } from './request.ts';
import { schedulerFlagsFrom, TAKE, takePersistence, timeoutFrom } from './values.ts';

type Row = (typeof COMMANDS)[number] | (typeof FORMS)[number];
type CommandRow = (typeof COMMANDS)[number];

const FORM_INDEX = new FormIndex<Row>([...COMMANDS, ...FORMS]);
const DEFAULT_SCHEDULER = 'wlc';
const DEFAULT_INTERFACE = 'eth0';

/** What a command line asks for. Throws a Refusal. `program` is its name as it was called. */
export async function parse(words: readonly string[], program: string, resolver: Resolver): Promise<Request> {
  const popt = new Popt(FORM_INDEX, words);
  const { row, value } = commandOf(popt.next(), program);
  if (row.name === 'help' || row.name === 'version') return { command: row.name };
  const draft = newDraft();
  if (row.name === 'start-daemon' || row.name === 'stop-daemon') draft.daemon.state = daemonState(row.name, value);
  await readOptions(popt, draft, resolver);
  const timeouts = row.name === 'set' ? readTimeouts(popt) : null;
  const extra = popt.argument();
  if (extra !== undefined) throw new Refusal(`unexpected argument ${extra}`);
  draft.schedulerFlags = schedulerFlagsFrom(draft.flags, draft.scheduler);
  refuse(checkOptions(draft.given, rulesOf(row, draft), `'${row.name}' command`));
  return timeouts ?? BUILD[row.name as Exclude<CommandName, 'help' | 'version' | 'set'>](draft);
}

function commandOf(found: Found<Row>, program: string): { readonly row: CommandRow; readonly value: string | null } {
  const row = found.kind === 'option' ? found.form : undefined;
  if (found.kind === 'option' && row && 'name' in row) return { row, value: found.value };
  throw new Refusal(`Try \`${program} -h' or '${program} --help' for more information.`, REFUSED);
}

async function readOptions(popt: Popt<Row>, draft: Draft, resolver: Resolver): Promise<void> {
  for (let found = popt.next(); found.kind !== 'end'; found = popt.next()) {
    if (found.kind === 'mistake') throw new Refusal(found.text, REFUSED, false);
    const { form, value } = found;
    if ('name' in form) throw new Refusal(`invalid option \`${found.word}'`);
    if (form.option !== null) {
      if (draft.given.has(form.option)) throw new Refusal(`multiple '${form.option}' options specified`);
      draft.given.add(form.option);
    }
    if (form.long === 'persistent') takePersistence(draft, value);
    // Only what may ask for a host's name has to be waited for.
    const waiting = TAKE[form.long]?.(draft, value ?? '', resolver);
    if (waiting) await waiting;
  }
}

function daemonState(command: 'start-daemon' | 'stop-daemon', value: string | null): 'master' | 'backup' {
  if (value === 'master' || value === 'backup') return value;
  throw new Refusal(
    command === 'start-daemon' ? 'illegal start-daemon parameter specified' : 'illegal start_daemon specified',
  );
}

function readTimeouts(popt: Popt<Row>): Request {
  const texts = [popt.argument(), popt.argument(), popt.argument()].filter((text) => text !== undefined);
  const [tcpS, tcpFinS, udpS] = texts.length === 3 ? texts.map((text) => timeoutFrom(text, 0)) : [];
  if (tcpS === undefined || tcpFinS === undefined || udpS === undefined)
    throw new Refusal('--set option requires 3 timeout values');
  return { command: 'set-timeouts', tcpS, tcpFinS, udpS };
}

/** With --strict-compat a command has what ipvsadm gives it. */
function rulesOf(row: CommandRules, draft: Draft): Rules {
  if (draft.strictCompat || !row.ours) return row;
  const allowed = row.ours.filter((option) => option !== 'real-server' || draft.given.has('service-address'));
  return { ...row, may: [...(row.may ?? []), ...allowed] };
}

function refuse(text: string | undefined): void {
  if (text !== undefined) throw new Refusal(text);
}

type Build = (draft: Draft) => Request;

const serviceCommand =
  (command: 'add-service' | 'edit-service'): Build =>
  (draft) => {
    const id = idOf(draft);
    const { given } = draft;
    if (id.kind === 'address' && id.port === 0 && !given.has('persistent'))
      throw new Refusal('Zero port specified for non-persistent service');
    if (id.kind === 'address' && id.protocol !== 'udp' && given.has('ops'))
      throw new Refusal('One-Packet Scheduling is only for UDP virtual services');
    const service = {
      id,
      scheduler: draft.scheduler || DEFAULT_SCHEDULER,
      schedulerFlags: draft.schedulerFlags,
      onePacket: given.has('ops'),
      persistence: given.has('persistent') ? { timeoutS: draft.persistenceS } : null,
      ...(draft.engine ? { engine: draft.engine } : {}),
      netmask: draft.netmask,
    };
    return { command, service };
  };

const serverCommand =
  (command: 'add-server' | 'edit-server'): Build =>
  (draft) => {
    const id = idOf(draft);
    const { address, port } = serverOf(draft);
    const { forward } = draft;
    const forced = id.kind === 'address' && (forward === 'dr' || forward === 'tunnel') && !draft.keepPort;
    if (familyOf(address) !== serviceFamily(id) && forward !== 'tunnel')
      throw new Refusal('Different address family is allowed only for tunneling servers');
    return { command, id, destination: { ...destinationOf(draft), address, port: forced ? id.port : port } };
  };

function destinationOf(draft: Draft): Omit<Destination, 'address' | 'port'> {
  const { forward, weight, upperThreshold, lowerThreshold } = draft;
  return { forward, weight, upperThreshold, lowerThreshold, tunnel: tunnelOf(draft) };
}

function tunnelOf(draft: Draft): Tunnel | null {
  const { given, tunnelType: type } = draft;
  if (draft.forward !== 'tunnel') {
    if (given.has('tun-type') || TUNNEL_OPTIONS.some((option) => given.has(option)))
      throw new Refusal('Tunnel options conflict with forward method');
    return null;
  }
  refuse(checkOptions(given, TUNNEL_TYPES[type], `'${type}' tunnel type`, TUNNEL_OPTIONS));
  const checksum = given.has('tun-csum') ? 'csum' : given.has('tun-remcsum') ? 'remcsum' : 'none';
  return { type, port: draft.tunnelPort, checksum };
}

const list: Build = (draft) => {
  const { given } = draft;
  const what = LISTS.find(([option]) => given.has(option))?.[1] ?? 'services';
  const columns: readonly OptionName[] = ['stats', 'rate', 'thresholds'];
  const state = what === 'timeouts' || what === 'daemons';
  if ((what !== 'services' && columns.some((option) => given.has(option))) || (state && given.has('persistent-conn')))
    throw new Refusal('options conflicts in the list command');
  const destination = draft.server ? serverOf(draft) : null;
  return { command: 'list', what, id: draft.id, destination, format: formatOf(draft) };
};

const LISTS = [
  ['connection', 'connections'],
  ['timeout', 'timeouts'],
  ['daemon', 'daemons'],
] as const;

const formatOf = ({ given, strictCompat }: Draft): ListFormat => ({
  stats: given.has('stats'),
  rate: given.has('rate'),
  thresholds: given.has('thresholds'),
  persistentConnections: given.has('persistent-conn'),
  tunnelInfo: given.has('tun-info'),
  numeric: given.has('numeric'),
  exact: given.has('exact'),
  sort: !given.has('nosort'),
  json: given.has('json'),
  strictCompat,
});

const BUILD: Readonly<Record<Exclude<CommandName, 'help' | 'version' | 'set'>, Build>> = {
  'add-service': serviceCommand('add-service'),
  'edit-service': serviceCommand('edit-service'),
  'delete-service': (draft) => ({ command: 'delete-service', id: idOf(draft) }),
  flush: () => ({ command: 'flush' }),
  restore: ({ given, strictCompat }) => ({
    command: 'restore',
    dryRun: given.has('dry-run'),
    json: given.has('json'),
    strictCompat,
  }),
  save: (draft) => ({ command: 'save', format: formatOf(draft), extended: draft.given.has('extended') }),
  'add-server': serverCommand('add-server'),
  'edit-server': serverCommand('edit-server'),
  'delete-server': (draft) => ({
    command: 'delete-server',
    id: idOf(draft),
    destination: { ...destinationOf(draft), ...serverOf(draft) },
  }),
  list,
  zero: ({ id }) => ({ command: 'zero', id }),
  'start-daemon': ({ daemon }) => ({
    command: 'start-daemon',
    daemon: { ...daemon, interface: daemon.interface || DEFAULT_INTERFACE },
  }),
  'stop-daemon': ({ daemon }) => ({ command: 'stop-daemon', state: daemon.state }),
};

/** checkOptions() has seen to it that they are there. */
function idOf({ id }: Draft): VirtualServiceId {
  if (!id) throw new Error('no service');
  return id;
}

function serverOf({ server }: Draft): { readonly address: string; readonly port: number } {
  if (!server) throw new Error('no server');
  return { address: server.address, port: server.port ?? 0 };
}
