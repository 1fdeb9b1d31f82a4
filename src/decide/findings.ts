import type { Finding, Span } from '../availability/ledger.ts';
import type { Desired, DesiredServer, DesiredService, Target } from '../model/desired.ts';
import { serverKey, type Verdict, type Verdicts } from '../model/health.ts';
import type { KernelDump } from '../model/observed.ts';
import type { VrrpState } from '../model/vrrp.ts';
import type { Conditions, ServiceCondition } from './conditions.ts';
import { FALLING_BACK } from './gate.ts';
import { isServing, ownWeight, statusOf } from './standing.ts';

/** What the daemon knows of services, servers and addresses now, as their availability: from the side of a client, as far as
 *  this director can tell. What counts as what is told in docs/operations.md. */

export interface Look {
  readonly desired: Desired;
  readonly verdicts: Verdicts;
  readonly conditions: Conditions;
  /** What the newest pass brought the kernel to. */
  readonly target: Target | null;
  /** How long the latest change of a server took from its first sign, by serverKey. */
  readonly detected: ReadonlyMap<string, number>;
  readonly dump: KernelDump | null;
  readonly instances: ReadonlyMap<string, InstanceLook>;
  /** Ledger milliseconds. */
  readonly now: number;
  /** Ledger milliseconds of monotonic ones. */
  readonly timeOf: (monotonicMs: number) => number;
  /** The span of a thing that goes on; undefined: it was up. */
  readonly open: (key: string) => Span | undefined;
}

export interface InstanceLook {
  readonly state: VrrpState;
  readonly why: string;
  readonly master: unknown;
  readonly faults: readonly string[];
}

type Found = Map<string, Finding | null>;

/** One server of a service, what it is called in verdicts and in the ledger, and what is found of it. */
interface Seen {
  readonly server: DesiredServer;
  readonly key: string;
  readonly trackKey: string;
}
type Judged = readonly (Finding | null)[];

const UP: Finding = { condition: 'up', cause: '', by: '' };

/** A service at a step. */
export function* findings(look: Look): Generator<void, Found> {
  const found: Found = new Map();
  const serving = servicesInUse(look.target);
  for (const service of look.desired.services) {
    const { trackKey, servers } = seenOf(service);
    const judged = servers.map((seen) => serverFinding(look, seen));
    found.set(trackKey, serviceFinding(look, service, judged, serving.has(service.name)));
    for (const [at, seen] of servers.entries()) found.set(seen.trackKey, judged[at] ?? null);
    yield;
  }
  const held = new Set((look.dump?.addresses ?? []).map((one) => `${one.interface} ${one.address}`));
  for (const { address, prefix, interface: device } of look.desired.addresses) {
    const there = held.has(`${device} ${address}`);
    const missing: Finding = { condition: 'down', cause: `not on ${device}`, by: 'reconciler' };
    found.set(`address/${address}/${prefix}`, look.dump === null ? null : there ? UP : missing);
  }
  for (const { name, engine } of look.desired.instances) {
    const finding = instanceFinding(look.instances.get(name));
    for (const { address, prefix } of engine.held) found.set(`address/${address}/${prefix}`, finding);
  }
  return found;
}

/** Names that are made anew at each look would have to be hashed anew, ten thousand of them. */
const named = new WeakMap<DesiredService, { readonly trackKey: string; readonly servers: readonly Seen[] }>();

function seenOf(service: DesiredService): { readonly trackKey: string; readonly servers: readonly Seen[] } {
  const known = named.get(service);
  if (known) return known;
  const servers = service.servers.map((server): Seen => {
    const key = serverKey(service.name, server.name);
    return { server, key, trackKey: `server/${key}` };
  });
  const made = { trackKey: `service/${service.name}`, servers };
  named.set(service, made);
  return made;
}

/** Services with a real server in the table that takes connections, on any listener. */
function servicesInUse(target: Target | null): Set<string> {
  const names = new Set<string>();
  for (const { name, destinations } of target?.services ?? []) {
    if (names.has(name)) continue;
    if (destinations.some(({ destination, why }) => destination.weight > 0 && why !== FALLING_BACK)) names.add(name);
  }
  return names;
}

function serverFinding(look: Look, { server, key, trackKey }: Seen): Finding | null {
  const verdict = look.verdicts.get(key);
  const planned = takenOut(server, verdict);
  if (planned !== null) return planned;
  const status = statusOf(server, verdict);
  if (status === 'unknown') return null;
  // What goes on as it was needs no beginning.
  if (status === 'up' && look.open(trackKey) === undefined) return UP;
  if (verdict === undefined || status !== verdict.status) return { ...UP, condition: status };
  const detectedMs = look.detected.get(key);
  return {
    condition: status,
    cause: verdict.why,
    by: 'health check',
    since: look.timeOf(verdict.since),
    ...(detectedMs !== undefined && { detectedMs }),
  };
}

/** Who took the server out on purpose, and how; null: nobody. */
function takenOut(server: DesiredServer, verdict: Verdict | undefined): Finding | null {
  const { administrative, pinned, fileWeight } = server;
  const planned = (cause: string, by: string): Finding => ({ condition: 'planned', cause, by });
  if (administrative === 'drain') return planned('drained by the operator', 'operator');
  if (administrative === 'maintenance') return planned('in maintenance by the operator', 'operator');
  if (pinned === 'down') return planned('pinned down by the operator', 'operator');
  if (server.check !== null && !isServing(server, verdict)) {
    const word = verdict?.reported?.admin === 'maint' ? 'in maintenance' : 'drained';
    return planned(`${word}, as it says itself`, 'server');
  }
  if (ownWeight(server, verdict) > 0) return null;
  if (fileWeight !== undefined) return planned('weight 0 by the operator', 'operator');
  return server.weight === 0
    ? planned('weight 0 in the file', 'file')
    : planned('weight 0, as it says itself', 'server');
}

function serviceFinding(look: Look, service: DesiredService, judged: Judged, inUse: boolean): Finding | null {
  const condition = look.conditions.get(service.name);
  if (inUse) return usedFinding(look, service, condition);
  const lost = condition?.quorum?.held === false ? condition.quorum : null;
  // The next pass puts it into the table.
  if ((lost === null || service.fallback === null) && anyBelieved(look, service)) return UP;
  if (lost === null && judged.includes(null)) return null;
  const last = lastToGo(look, service, judged);
  const isPlanned = last !== null && wasPlanned(look, service, judged, last.finding);
  const why = last === null ? 'no server takes connections' : `the last to go: ${last.finding.cause}`;
  return {
    condition: isPlanned ? 'planned' : 'down',
    cause: lost === null ? `no server is up; ${why}` : `too few servers are up: ${lost.why}; ${why}`,
    by: last?.finding.by ?? 'health check',
    since: last?.since ?? (lost === null ? look.now : look.timeOf(lost.since)),
    ...(last?.finding.detectedMs !== undefined && { detectedMs: last.finding.detectedMs }),
  };
}

/** Servers take connections. In panic that says nothing of those that look dead: while none is known to be up, nobody can
 *  tell whether clients get answers. */
function usedFinding(look: Look, service: DesiredService, condition?: ServiceCondition): Finding {
  if (!condition?.panic) return UP;
  const cause = `in panic: ${condition.panic}`;
  return { condition: anyBelieved(look, service) ? 'up' : 'unobserved', cause, by: 'panic' };
}

/** Whether a server is taken to be up that nobody took out. */
const anyBelieved = ({ verdicts }: Look, service: DesiredService): boolean =>
  seenOf(service).servers.some(({ server, key }) => {
    const verdict = verdicts.get(key);
    return isServing(server, verdict) && statusOf(server, verdict) === 'up' && ownWeight(server, verdict) > 0;
  });

interface Gone {
  readonly finding: Finding;
  readonly since: number;
}

/** Of the servers that are down or taken out, the one that went last. */
function lastToGo(look: Look, service: DesiredService, judged: Judged): Gone | null {
  let last: Gone | null = null;
  for (const [at, { trackKey }] of seenOf(service).servers.entries()) {
    const finding = judged[at] ?? null;
    if (finding === null || finding.condition === 'up') continue;
    const open = look.open(trackKey);
    const since = open?.kind === finding.condition ? open.start : (finding.since ?? look.now);
    if (last === null || since > last.since) last = { finding, since };
  }
  return last;
}

/** Whether a service that nobody serves was made so on purpose: by the last of its servers that went. Until it is up again that
 *  stays what it was, so that what is taken out of an outage, or dies in a maintenance, changes no sum. */
function wasPlanned(look: Look, service: DesiredService, judged: Judged, last: Finding): boolean {
  const open = look.open(seenOf(service).trackKey)?.kind;
  if (open === 'down') return false;
  if (open === 'planned') return judged.some((finding) => finding?.condition === 'planned');
  return last.condition === 'planned';
}

/** Whether anybody holds the address, as far as is heard. */
function instanceFinding(instance: InstanceLook | undefined): Finding | null {
  if (instance === undefined || instance.state === 'init') return null;
  if (instance.state === 'master' || (instance.state === 'backup' && instance.master !== null)) return UP;
  if (instance.state === 'backup') return null;
  return { condition: 'unobserved', cause: `at fault: ${instance.faults.join(', ')}`, by: 'election' };
}
