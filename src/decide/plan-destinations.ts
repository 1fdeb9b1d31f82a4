import type { TargetDestination, TargetService } from '../model/desired.ts';
import type { ObservedDestination, ObservedService } from '../model/observed.ts';
import { schedulerRow } from '../model/schedulers.ts';
import { type Destination, destinationKey, sameDestinationSettings, settingsOf } from '../model/service.ts';
import { inCanonicalOrder } from './canonical.ts';
import type { StepList } from './order.ts';
import { destinationDifference, serverIs } from './words.ts';

/** The changes inside a service that exists. */
export function planDestinations(steps: StepList, entry: TargetService, observed: ObservedService): void {
  const ordered = schedulerRow(entry.service.scheduler)?.orderMatters === true;
  if (!ordered && isUnchanged(entry.destinations, observed.destinations)) return;
  const wanted = inCanonicalOrder(entry.destinations, (d) => d.destination);
  if (isUnchanged(wanted, observed.destinations)) return;
  const held = new Map(observed.destinations.map((d) => [destinationKey(d), d]));
  const keys = wanted.map((d) => destinationKey(d.destination));
  const firstStaying = ordered ? startOfStayingTail(keys, [...held.keys()]) : 0;
  const moved = planNewAndMoved(steps, { ...entry, destinations: wanted }, firstStaying, held);

  for (const [i, target] of wanted.entries()) {
    const present = held.get(keys[i] ?? '');
    if (present) planChange(steps, entry, target, present, moved.has(keys[i] ?? ''));
  }
  const staying = new Set(keys);
  for (const present of inCanonicalOrder(observed.destinations, (d) => d)) {
    if (!staying.has(destinationKey(present))) planDeletion(steps, entry, present);
  }
}

/** The common case, and cheap: the kernel's list ends in canonical order because we made it. */
function isUnchanged(wanted: readonly TargetDestination[], present: readonly ObservedDestination[]): boolean {
  return (
    wanted.length === present.length &&
    wanted.every(({ destination }, i) => {
      const other = present[i];
      return (
        other !== undefined &&
        other.address === destination.address &&
        other.port === destination.port &&
        sameDestinationSettings(other, destination)
      );
    })
  );
}

/** Adds what is missing and moves what stands before `firstStaying`, last one first, since each goes to the front of the
 *  kernel's list. Returns the keys of the moved. */
function planNewAndMoved(
  steps: StepList,
  entry: TargetService,
  firstStaying: number,
  held: ReadonlyMap<string, ObservedDestination>,
): Set<string> {
  const moved = new Set<string>();
  for (const [fromEnd, target] of entry.destinations.toReversed().entries()) {
    const key = destinationKey(target.destination);
    const present = held.get(key);
    if (!present) {
      // Behind the first move the order among adds and moves counts; before it an addition can come as early as any.
      steps.add(moved.size > 0 ? 'place' : 'add-destination', {
        kind: 'add-destination',
        id: entry.service.id,
        destination: target.destination,
        why: serverIs(entry.name, target),
      });
    } else if (entry.destinations.length - 1 - fromEnd < firstStaying) {
      moved.add(key);
      steps.add('place', {
        kind: 'move-destination',
        id: entry.service.id,
        destination: asMoved(target.destination, present),
        why: `${entry.name}: ${key} takes its place in the list, which ${entry.service.scheduler} reads in order`,
      });
    }
  }
  return moved;
}

/** A move brings the new settings with it, but never a lower weight: that comes later, when all who take over do. */
const asMoved = (wanted: Destination, present: Destination): Destination =>
  wanted.weight < present.weight ? { ...wanted, weight: present.weight } : wanted;

/** Whatever is added or moved comes to the front of the list. So the longest tail of the wanted list that the kernel has in the
 *  same order can stay, and all before it must move: the fewest moves there are. */
function startOfStayingTail(wanted: readonly string[], present: readonly string[]): number {
  const tail = new Set(wanted);
  let start = wanted.length;
  for (const key of present.toReversed()) {
    if (!tail.has(key)) continue;
    if (key === wanted[start - 1]) start--;
  }
  return start;
}

function planChange(
  steps: StepList,
  entry: TargetService,
  target: TargetDestination,
  present: ObservedDestination,
  moved: boolean,
): void {
  const { destination } = target;
  const lowers = destination.weight < present.weight;
  if (moved ? !lowers : sameDestinationSettings(present, destination)) return;
  steps.add(lowers ? 'lower' : 'raise', {
    kind: 'set-destination',
    id: entry.service.id,
    destination,
    why: `${serverIs(entry.name, target)} (${destinationDifference(present, destination)})`,
  });
}

function planDeletion(steps: StepList, entry: TargetService, present: ObservedDestination): void {
  const key = destinationKey(present);
  const why = `${entry.name}: ${key} is ${entry.withheld[key] ?? 'not in the file'}`;
  const destination = settingsOf(present);
  const { id } = entry.service;
  if (present.weight !== 0)
    steps.add('lower', { kind: 'set-destination', id, destination: { ...destination, weight: 0 }, why });
  steps.add('delete-destination', { kind: 'delete-destination', id, destination: { ...destination, weight: 0 }, why });
}
