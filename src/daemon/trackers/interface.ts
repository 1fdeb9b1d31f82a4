import type { TrackerState } from '../../model/instance.ts';
import type { Link } from '../../model/observed.ts';
import type { NetEvent } from '../../model/ports.ts';
import { found, type Kind, type KindParts, type Tell, unknown } from './kind.ts';

const RETRY_MS = 1000;

/** Up: the interface is up and has carrier. One watch serves all. */
export function trackInterfaces({ net, log }: KindParts): Kind<'interface'> {
  const watched = new Map<Tell, string>();
  /** By index, since links can be renamed. Null: not read yet. */
  let links: Map<number, Link> | null = null;
  let unwatch: (() => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  /** Events so far: a list that was read while one came may be older than it. */
  let events = 0;

  const tellAll = (): void => {
    for (const [tell, name] of watched) tell(stateOf(name, links));
  };
  const read = async (): Promise<void> => {
    clearTimeout(retry);
    const before = events;
    try {
      const list = await net.links();
      if (!unwatch) return;
      if (events !== before) return void read();
      links = new Map(list.map((link) => [link.index, link]));
      tellAll();
    } catch (error) {
      if (!unwatch) return;
      log.warn('links-unread', { text: `interfaces cannot be listed and are looked at again: ${String(error)}` });
      retry = setTimeout(() => void read(), RETRY_MS);
    }
  };
  const take = (event: NetEvent): void => {
    if (event.kind === 'resync') return void read();
    if (event.kind !== 'link') return;
    events++;
    if (event.gone) links?.delete(event.link.index);
    else links?.set(event.link.index, event.link);
    tellAll();
  };

  return {
    watch({ interface: name }, tell) {
      watched.set(tell, name);
      if (!unwatch) {
        unwatch = net.watch(take);
        void read();
      }
      tell(stateOf(name, links));
      return () => {
        watched.delete(tell);
        if (watched.size > 0) return;
        clearTimeout(retry);
        unwatch?.();
        unwatch = undefined;
        links = null;
      };
    },
  };
}

function stateOf(name: string, links: ReadonlyMap<number, Link> | null): TrackerState {
  if (links === null) return unknown('interfaces are not read yet');
  const link = [...links.values()].find((one) => one.name === name);
  if (!link) return found(false, 'it does not exist');
  if (!link.up) return found(false, 'it is down');
  return link.carrier ? found(true, 'up with carrier') : found(false, 'it has no carrier');
}
