import type { Snapshot } from '../daemon/store.ts';
import { heldBy } from '../decide/gate.ts';
import type { InstanceStatus } from './operations.ts';
import type { Reading } from './status.ts';

/** The instances of the file, in its order. */
export function instancesOf(snapshot: Snapshot, { wall, counters: counted }: Reading): InstanceStatus[] {
  const held = new Set((snapshot.dump?.addresses ?? []).map((address) => `${address.interface} ${address.address}`));
  const counters = new Map(counted.instances.map((counter) => [counter.name, counter]));
  return snapshot.desired.instances.map((instance): InstanceStatus => {
    const { name, election, engine } = instance;
    const { wire } = engine;
    const report = snapshot.instances.get(name);
    const priority = snapshot.priorities.get(name);
    const counter = counters.get(name);
    const { address, priority: theirs } = report?.master ?? {};
    return {
      name,
      state: report?.state ?? 'init',
      why: report?.why ?? 'waiting for its trackers',
      forMs: report ? Math.max(0, Math.round(wall - report.since)) : 0,
      vrid: wire.vrid,
      version: wire.version,
      family: wire.family,
      interface: wire.interface,
      intervalMs: wire.intervalMs,
      group: report?.group ?? null,
      priority: report?.priority ?? election.priority,
      terms: (priority?.terms ?? []).map(({ name: term, value, why = '' }) => ({ name: term, value, why })),
      faults: report?.faults ?? [],
      master: address === undefined || theirs === undefined ? null : { address, priority: theirs },
      rivals: (report?.rivals ?? []).map((rival) => ({ address: rival.source, priority: rival.priority })),
      duplicates: report?.duplicates ?? [],
      addresses: heldBy(engine).map(({ interface: device, address: virtual, prefix }) => ({
        address: `${virtual}/${prefix}`,
        interface: device,
        present: held.has(`${device} ${virtual}`),
      })),
      transitions: report?.transitions ?? 0,
      received: counter?.received ?? {},
      sent: counter?.sent ?? 0,
      late: counter?.late ?? 0,
    };
  });
}
