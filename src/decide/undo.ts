import type { KernelDump, ObservedService } from '../model/observed.ts';
import { type DaemonOp, type IpvsOp, isDaemonOp, isIpvsOp, isNetOp, type NetOp, type Op } from '../model/op.ts';
import { destinationKey, serviceKey, settingsOf, type VirtualServiceId } from '../model/service.ts';
import type { SyncRole } from '../model/sync.ts';

/** What brings a kernel back to `before` after `done` was carried out on it: a start that fails leaves nothing half done.
 *  Only objects that `done` touched are touched again. */
export function undo(done: readonly Op[], before: KernelDump): Op[] {
  const held = new Map(before.services.map((service) => [serviceKey(service.service.id), service]));
  const touched = new Map<string, IpvsOp[]>();
  for (const op of done.filter(isIpvsOp)) {
    const key = serviceKey(idOf(op));
    const ops = touched.get(key);
    if (ops) ops.push(op);
    else touched.set(key, [op]);
  }
  const daemons = restoredDaemons(done.filter(isDaemonOp), before);
  return [
    // Destinations of another family can come back only while no daemon runs.
    ...daemons.stops,
    ...done.filter(isNetOp).toReversed().map(inverse),
    ...[...touched].flatMap(([key, ops]): Op[] => {
      const service = held.get(key);
      if (service) return restored(service, ops);
      return ops.slice(0, 1).map((op) => ({ kind: 'delete-service', id: idOf(op), why: `${key} ${WHY}` }));
    }),
    ...restoredSysctls(done, before),
    ...daemons.starts,
  ];
}

const WHY = 'is put back: the change failed half-way';

const idOf = (op: IpvsOp): VirtualServiceId => ('service' in op ? op.service.id : op.id);

function inverse(op: NetOp): Op {
  switch (op.kind) {
    case 'add-address':
    case 'delete-address': {
      const kind = op.kind === 'add-address' ? 'delete-address' : 'add-address';
      return { kind, address: op.address, why: `${op.address.address} ${WHY}` };
    }
    case 'add-rule':
    case 'delete-rule':
      return { kind: op.kind === 'add-rule' ? 'delete-rule' : 'add-rule', rule: op.rule, why: `rule ${WHY}` };
    case 'delete-route':
      return { kind: 'add-route', route: op.route, replaces: null, why: `route ${WHY}` };
    case 'add-route':
      return op.replaces === null
        ? { kind: 'delete-route', route: op.route, why: `route ${WHY}` }
        : { kind: 'add-route', route: op.replaces, replaces: op.route, why: `route ${WHY}` };
  }
}

/** The service as it was. Once anything was added, moved or deleted the whole list is put in its old order. */
function restored({ service, destinations }: ObservedService, ops: readonly IpvsOp[]): IpvsOp[] {
  const { id } = service;
  const why = `${serviceKey(id)} ${WHY}`;
  const old = new Map(destinations.map((d) => [destinationKey(d), settingsOf(d)]));
  const result: IpvsOp[] = [];

  const isGone = ops.some((op) => op.kind === 'delete-service');
  if (isGone) result.push({ kind: 'add-service', service, why });
  else if (ops.some((op) => op.kind === 'set-service')) result.push({ kind: 'set-service', service, why });

  const present = new Set(isGone ? [] : old.keys());
  let listChanged = isGone;
  const changed = new Set<string>();
  for (const op of ops) {
    if (!('destination' in op)) continue;
    const key = destinationKey(op.destination);
    changed.add(key);
    if (op.kind === 'add-destination') present.add(key);
    if (op.kind === 'delete-destination') present.delete(key);
    if (op.kind !== 'set-destination') listChanged = true;
  }

  for (const [key, destination] of [...old].toReversed()) {
    if (!present.has(key)) result.push({ kind: 'add-destination', id, destination, why });
    else if (listChanged) result.push({ kind: 'move-destination', id, destination, why });
    else if (changed.has(key)) result.push({ kind: 'set-destination', id, destination, why });
  }
  for (const op of ops) {
    if (op.kind !== 'add-destination' || old.has(destinationKey(op.destination)) || isGone) continue;
    result.push({ kind: 'delete-destination', id, destination: op.destination, why });
  }
  return result;
}

function restoredDaemons(done: readonly DaemonOp[], before: KernelDump): { stops: Op[]; starts: Op[] } {
  const running = new Map<SyncRole, boolean>();
  for (const op of done)
    running.set(op.kind === 'start-daemon' ? op.daemon.state : op.role, op.kind === 'start-daemon');
  return {
    stops: [...running].flatMap(([role, runs]): Op[] =>
      runs ? [{ kind: 'stop-daemon', role, why: `sync ${role} ${WHY}` }] : [],
    ),
    starts: before.daemons
      .filter(({ state }) => running.has(state))
      .map((daemon): Op => ({ kind: 'start-daemon', daemon, why: `sync ${daemon.state} ${WHY}` })),
  };
}

function restoredSysctls(done: readonly Op[], before: KernelDump): Op[] {
  const names = new Set(done.flatMap((op) => (op.kind === 'set-sysctl' ? [op.name] : [])));
  return [...names].flatMap((name): Op[] => {
    const value = before.sysctls[name];
    return value === undefined ? [] : [{ kind: 'set-sysctl', name, value, why: `net.ipv4.vs.${name} ${WHY}` }];
  });
}
