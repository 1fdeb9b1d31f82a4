import { canonicalAddress } from '../base/ip.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { WireSettings } from '../model/vrrp.ts';
import type { SeenPacket } from '../model/vrrp-packet.ts';
import { addon } from './addon.ts';

export interface VrrpEar {
  readonly seen: (packet: SeenPacket) => void;
  /** So many came too fast to be told. */
  readonly lost: (count: number) => void;
  /** The interface is gone, or listening failed; nothing comes after it. */
  readonly ended: (error: KernelError) => void;
}

/** Tells of every VRRP packet on an interface, in both families and directions (`netns` as for openIpvs). With `instances` a
 *  packet is judged by the settings of its virtual router, without them by what is wrong with it in itself. Needs
 *  CAP_NET_RAW; throws a KernelError when it cannot listen. Gives what ends it. */
export function listenToVrrp(
  options: { readonly interface: string; readonly netns?: string; readonly instances?: readonly WireSettings[] },
  ear: VrrpEar,
): () => void {
  let open = true;
  const native = new (addon().VrrpListen)(options.netns ?? '', options.interface, options.instances ?? [], (events) => {
    for (const event of events) {
      if (!open) return;
      if (event.kind === 'lost') ear.lost(event.count);
      else if (event.kind === 'ended') ear.ended(new KernelError(event.failure));
      else ear.seen(canonical(event));
    }
  });
  return () => {
    open = false;
    native.stop();
  };
}

const address = (text: string): string => canonicalAddress(text) ?? text;

const canonical = ({ kind: _, ...packet }: SeenPacket & { readonly kind: 'packet' }): SeenPacket => ({
  ...packet,
  source: address(packet.source),
  destination: address(packet.destination),
  addresses: packet.addresses.map(address),
});
