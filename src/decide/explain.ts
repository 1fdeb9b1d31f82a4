import { formatDuration } from '../base/duration.ts';
import { formatEndpoint } from '../base/ip.ts';
import { membersOf } from '../health/combine.ts';
import type { CheckSettings, Desired, DesiredServer, Target } from '../model/desired.ts';
import { serverKey, type Verdicts } from '../model/health.ts';
import type { KernelDump } from '../model/observed.ts';
import type { Op, Plan } from '../model/op.ts';
import { routeInWords, ruleKey } from '../model/routing.ts';
import { destinationKey, serviceKey } from '../model/service.ts';
import { syncDaemonKey } from '../model/sync.ts';
import { destinationOf } from './gate.ts';
import { addressKey } from './policy.ts';
import { count, destinationInWords, serviceInWords } from './words.ts';

/** A plan as people read it: one line per operation, what and then why; notes last. */
export function explainPlan(plan: Plan): string[] {
  const lines = plan.ops.map((op) => `${op.kind} ${objectOf(op)}\n    ${op.why}`);
  const total = plan.ops.length === 0 ? 'nothing to change' : count(plan.ops.length, 'change');
  return [...lines, total, ...plan.notes.map((note) => `note: ${note}`)];
}

/** What an operation is about, in words. */
export function objectOf(op: Op): string {
  switch (op.kind) {
    case 'add-service':
    case 'set-service':
      return `${serviceKey(op.service.id)} ${serviceInWords(op.service)}`;
    case 'delete-service':
      return serviceKey(op.id);
    case 'delete-destination':
      return `${serviceKey(op.id)} ${destinationKey(op.destination)}`;
    case 'add-destination':
    case 'set-destination':
    case 'move-destination':
      return `${serviceKey(op.id)} ${destinationKey(op.destination)} ${destinationInWords(op.destination)}`;
    case 'add-address':
    case 'delete-address':
      return addressKey(op.address);
    case 'add-route':
    case 'delete-route':
      return routeInWords(op.route);
    case 'add-rule':
    case 'delete-rule':
      return ruleKey(op.rule);
    case 'start-daemon':
      return syncDaemonKey(op.daemon);
    case 'stop-daemon':
      return op.role;
    case 'set-sysctl':
      return `net.ipv4.vs.${op.name} = ${op.value}`;
  }
}

export interface Known {
  readonly desired: Desired;
  readonly verdicts: Verdicts;
  readonly target: Target;
  readonly dump: KernelDump;
}

/** The whole chain for one server: what the file says, what health found, what was decided for each listener, what the kernel
 *  has. Undefined when there is no such server. */
export function explainServer(known: Known, service: string, server: string): string[] | undefined {
  const wanted = known.desired.services.find((entry) => entry.name === service);
  const found = wanted?.servers.find((entry) => entry.name === server);
  if (!wanted || !found) return undefined;
  const verdict = known.verdicts.get(serverKey(service, server));
  const lines = [
    serverKey(service, server),
    `  file: ${endpoint(found)}, ${destinationInWords({ ...found, weight: found.fileWeight ?? found.weight, port: found.port ?? 0 })}`,
    `  check: ${found.check ? checkInWords(found.check, found.checkPort) : 'none, always healthy'}`,
  ];
  if (found.check) lines.push(`  health: ${verdict ? `${verdict.status}: ${verdict.why}` : 'unknown'}`);
  const operator = operatorInWords(found);
  if (operator.length > 0) lines.push(`  operator: ${operator.join(', ')}`);
  for (const { id } of wanted.listeners) {
    const key = destinationKey(destinationOf(found, id, 0));
    lines.push(`  ${serviceKey(id)}: ${decided(known.target, serviceKey(id), key)}`);
    lines.push(`    kernel: ${held(known.dump, serviceKey(id), key)}`);
  }
  return lines;
}

/** What an operator set for a server; empty: nothing. */
export function operatorInWords({ administrative, pinned, fileWeight, weight, because }: DesiredServer): string[] {
  const words = { enabled: [], drain: ['drained'], maintenance: ['in maintenance'] }[administrative];
  return [
    ...words,
    ...(pinned ? [`pinned ${pinned}`] : []),
    ...(fileWeight === undefined ? [] : [`weight ${weight} in place of ${fileWeight}`]),
    ...(because === undefined ? [] : [`because: ${because}`]),
  ];
}

const endpoint = ({ address, port }: DesiredServer): string =>
  port === null ? address : formatEndpoint(address, port);

function checkInWords({ check, everyMs, pace, timeoutMs, rise, fall }: CheckSettings, port: number): string {
  const what = check.kind === 'http' ? `${check.method} ${check.path}` : check.kind === 'tcp' ? 'connect' : '';
  const members = membersOf(check)?.of.map((one) => one.check.kind) ?? [];
  const others = pace ? ` (down ${formatDuration(pace.downMs)}, between ${formatDuration(pace.betweenMs)})` : '';
  const when = `every ${formatDuration(everyMs)}${others}, timeout ${formatDuration(timeoutMs)}, rise ${rise}, fall ${fall}`;
  const asked = [check.kind, what, members.join(' and ')].filter(Boolean).join(' ');
  return `${asked} on port ${port}, ${when}`;
}

function decided(target: Target, listener: string, key: string): string {
  const entry = target.services.find(({ service }) => serviceKey(service.id) === listener);
  const listed = entry?.destinations.find(({ destination }) => destinationKey(destination) === key);
  if (listed) return `weight ${listed.destination.weight}, because it is ${listed.why}`;
  const reason = entry?.withheld[key];
  return reason ? `not in the table, because it is ${reason}` : 'not in the table: another address family';
}

function held(dump: KernelDump, listener: string, key: string): string {
  const entry = dump.services.find(({ service }) => serviceKey(service.id) === listener);
  const present = entry?.destinations.find((destination) => destinationKey(destination) === key);
  if (!present) return 'not there';
  const { weight, activeConnections, inactiveConnections } = present;
  return `weight ${weight}, ${activeConnections} active and ${inactiveConnections} inactive connections`;
}
