import type { Op } from '../model/op.ts';

/** The steps of a plan in the order they are carried out, each with the reason for its place. A plan may be cut short after
 *  any operation (a crash, a refusal), and what is there then must serve as well as before. */
export const STEPS = {
  sysctl: 'they decide what happens to connections during everything that follows',
  'free-families': 'the kernel takes a server of the other address family only while no sync daemon runs',
  'new-service': 'a service with all its destinations, before an address leads anyone there',
  'prepare-service': 'the fallback flag must be on before a weight of 0 comes, or sh and mh refuse clients',
  'add-destination': 'more servers hurt nobody',
  raise: 'those who shall take more do so before others take less, or a service could stand empty in between',
  'set-service': 'a new scheduler starts with all the servers it was chosen for',
  place: 'list order of hash schedulers, while every server still has the weight it had',
  'sysctl-after-place': 'ends the protection that moved destinations needed',
  lower: 'all that shall take over does so by now; also the first half of "drain before delete"',
  'delete-destination': 'it takes no new connections since its weight was lowered',
  'calm-service': 'the fallback flag is not needed once the last destination of weight 0 is gone',
  'delete-rule': 'nobody is led to a table any more before its routes go',
  'delete-route': 'before the address that it names as its source',
  'replace-address': 'IPv6 has an address once per interface: the old prefix goes right before the new one comes',
  'add-address': 'everything behind the address is complete',
  'delete-address': 'nobody comes to a service any more before it goes',
  'stop-sync': 'the peer hears of connections as long as anyone can come',
  'delete-service': 'after its address, which leads nobody here any more',
  'start-sync': 'every service it tells of is there, and the last server of another address family is gone',
  'add-route': 'its source address is there; last, since others may stand in its way, and a refusal ends a plan',
  'add-rule': 'the table it leads to has its routes',
} as const satisfies Record<string, string>;

export type Step = keyof typeof STEPS;

/** Collects operations in any order of steps and gives them out in the safe one; inside a step they keep their order. */
export class StepList {
  readonly #ops = new Map<Step, Op[]>((Object.keys(STEPS) as Step[]).map((step) => [step, []]));

  add(step: Step, ...ops: readonly Op[]): void {
    this.#ops.get(step)?.push(...ops);
  }

  has(step: Step): boolean {
    return (this.#ops.get(step)?.length ?? 0) > 0;
  }

  inOrder(): Op[] {
    return [...this.#ops.values()].flat();
  }
}
