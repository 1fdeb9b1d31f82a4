import type { Desired, DesiredServer, DesiredService } from '../model/desired.ts';
import { serverKey, type Transition, type Verdicts } from '../model/health.ts';
import type { KernelDump } from '../model/observed.ts';
import type { VrrpState } from '../model/vrrp.ts';
import type { Finding } from './ledger.ts';

/** What the store says of services, servers and addresses now, as far as this director can tell. */

export interface Look {
  readonly desired: Desired;
  readonly verdicts: Verdicts;
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  /** How long the latest change of a server took from its first sign, by serverKey. */
  readonly detected: ReadonlyMap<string, number>;
  readonly dump: KernelDump | null;
  readonly instances: ReadonlyMap<string, InstanceLook>;
}

export interface InstanceLook {
  readonly state: VrrpState;
  readonly why: string;
  readonly master: unknown;
  readonly faults: readonly string[];
}

type Found = Map<string, Finding | null>;

const UP: Finding = { condition: 'up', cause: '', by: '' };

export function findings(look: Look): Found {
  const found: Found = new Map();
  for (const service of look.desired.services) {
    const servers = service.servers.map((server) => [server, serverFinding(look, service, server)] as const);
    found.set(`service/${service.name}`, serviceFinding(servers));
    for (const [server, finding] of servers) found.set(`server/${serverKey(service.name, server.name)}`, finding);
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

function serverFinding(look: Look, { name }: DesiredService, server: DesiredServer): Finding | null {
  const planned = plannedCause(server);
  if (planned !== null) return { condition: 'planned', cause: planned, by: 'operator' };
  if (server.check === null) return UP;
  const key = serverKey(name, server.name);
  const verdict = look.verdicts.get(key);
  if (verdict === undefined || verdict.status === 'unknown') return null;
  const last = look.transitions.get(key)?.at(-1);
  const since = last?.status === verdict.status ? { since: last.at } : {};
  const detectedMs = look.detected.get(key);
  const detected = detectedMs === undefined ? {} : { detectedMs };
  return { condition: verdict.status, cause: verdict.why, by: 'health check', ...since, ...detected };
}

/** How the operator took the server out; null: not at all. One that is pinned up is still what its checks say. */
function plannedCause({ administrative, pinned }: DesiredServer): string | null {
  if (administrative === 'drain') return 'drained by the operator';
  if (administrative === 'maintenance') return 'in maintenance by the operator';
  return pinned === 'down' ? 'pinned down by the operator' : null;
}

/** Up while any server is: a fallback that answers instead is no service. */
function serviceFinding(servers: readonly (readonly [DesiredServer, Finding | null])[]): Finding | null {
  const findings = servers.map(([, finding]) => finding);
  if (findings.some((finding) => finding?.condition === 'up')) return UP;
  if (findings.some((finding) => finding === null)) return null;
  const planned = findings.find((finding) => finding?.condition === 'planned');
  if (planned) return { ...planned, cause: 'the servers that are not down were taken out by the operator' };
  const latest = findings.reduce((a, b) => ((b?.since ?? 0) > (a?.since ?? 0) ? b : a), null);
  return latest && { ...latest, cause: `no server is up; the last to go: ${latest.cause}` };
}

/** Whether anybody holds the address, as far as is heard. */
function instanceFinding(instance: InstanceLook | undefined): Finding | null {
  if (instance === undefined || instance.state === 'init') return null;
  if (instance.state === 'master' || (instance.state === 'backup' && instance.master !== null)) return UP;
  if (instance.state === 'backup') return null;
  return { condition: 'unobserved', cause: `at fault: ${instance.faults.join(', ')}`, by: 'election' };
}
