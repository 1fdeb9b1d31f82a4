import { atOnce } from '../base/steps.ts';
import type { CheckSettings, Desired, DesiredServer } from '../model/desired.ts';
import { serverKey } from '../model/health.ts';
import type { ProbeTarget } from '../model/ports.ts';

/** One server of one service that goes by a check, with the rise and fall it wants for itself. */
export interface Subscriber {
  /** serverKey */
  readonly key: string;
  readonly settings: CheckSettings;
  /** Name of the instance this director must be master of; null: always. */
  readonly whileMaster: string | null;
}

/** One question to one target in one rhythm, however many services want to know. */
export interface SharedCheck {
  readonly id: string;
  readonly target: ProbeTarget;
  /** Those of the first subscriber; all agree on what is asked and how often. */
  readonly settings: CheckSettings;
  readonly subscribers: readonly Subscriber[];
}

export function targetOf({ address, checkPort }: DesiredServer, check: CheckSettings): ProbeTarget {
  return {
    address: check.address ?? address,
    port: check.port ?? checkPort,
    ...(check.from && { from: check.from }),
    ...(check.limits && { limits: check.limits }),
  };
}

/** What is asked of whom, as text: equal for equal questions. */
export const questionOf = (target: ProbeTarget, { check }: CheckSettings): string => JSON.stringify([target, check]);

/** All checks of a configuration, each once, in the order of the file. */
export const sharedChecks = (desired: Desired): Map<string, SharedCheck> => atOnce(sharedSteps(desired));

/** As sharedChecks, a service at a time. */
export function* sharedSteps(desired: Desired): Generator<void, Map<string, SharedCheck>> {
  const found = new Map<string, SharedCheck & { readonly subscribers: Subscriber[] }>();
  for (const service of desired.services) {
    for (const server of service.servers) {
      const { check } = server;
      if (check === null) continue;
      const target = targetOf(server, check);
      const id = JSON.stringify([questionOf(target, check), check.everyMs, check.pace, check.timeoutMs]);
      const key = serverKey(service.name, server.name);
      const subscriber = { key, settings: check, whileMaster: service.checkWhileMaster ?? null };
      const known = found.get(id);
      if (known) known.subscribers.push(subscriber);
      else found.set(id, { id, target, settings: check, subscribers: [subscriber] });
    }
    yield;
  }
  return found;
}
