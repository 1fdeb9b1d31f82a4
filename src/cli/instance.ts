import type { InstanceStatus } from '../api/operations.ts';
import { ago, type Cell, type Colour, table } from './style.ts';

/** An instance as people read it. */

const TONES = { master: 'green', backup: 'bold', fault: 'red', init: 'yellow' } as const satisfies Record<
  InstanceStatus['state'],
  Colour
>;

/** Who has it, and how many of its addresses are here: red when that does not fit its state. */
export function instanceCells({ state, master, addresses }: InstanceStatus): Record<'state' | 'master' | 'held', Cell> {
  const held = addresses.filter(({ present }) => present).length;
  const whole = held === (state === 'master' ? addresses.length : 0);
  return {
    state: { text: state, tone: TONES[state] },
    master: { text: state === 'master' ? 'here' : master ? `${master.address} (${master.priority})` : '-' },
    held: { text: `${held}/${addresses.length}`, ...(!whole && { tone: 'red' }) },
  };
}

export function instanceInWords(instance: InstanceStatus): string {
  const { state, master, rivals, duplicates } = instance;
  const terms = instance.terms.map(({ name, value, why }) => [`  ${name}`, String(value).padStart(5), why]);
  return [
    `${instance.name} is ${state} for ${ago(instance.forMs)}: ${instance.why}`,
    `  virtual router ${instance.vrid} on ${instance.interface}, VRRPv${instance.version}, an advert every ${instance.intervalMs} ms${instance.group ? `, group ${instance.group}` : ''}`,
    ...(master ? [`  master is ${master.address} with priority ${master.priority}`] : []),
    ...rivals.map(({ address, priority }) => `  ${address} (priority ${priority}) claims it as well`),
    ...duplicates.map(({ address, interface: on, mac }) => `  ${address} is also held by ${mac}, on ${on}`),
    `priority ${instance.priority}`,
    table(terms),
    ...instance.faults.map((fault) => `fault: ${fault}`),
    'addresses',
    table(instance.addresses.map((a) => [`  ${a.address}`, a.interface, a.present ? 'held' : 'not held'])),
    `adverts: ${instance.sent} sent, ${instance.late} of them late; received ${received(instance)}`,
  ].join('\n');
}

const received = ({ received: counts }: InstanceStatus): string =>
  Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ') || 'none';
