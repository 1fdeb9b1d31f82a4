import type { Family } from '../base/ip.ts';
import type { OpFailure } from '../model/op.ts';
import type { PacketVerdict, WireSettings } from '../model/vrrp.ts';
import type { PacketDescription, SeenPacket } from '../model/vrrp-packet.ts';

/** The addon's VRRP packets, typed by hand from native/js/vrrp_codec.cc and vrrp_listen.cc. */

/** What follows an IP header, and what that header said. */
export interface NativePacket {
  readonly message: Uint8Array;
  readonly family: Family;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  /** Sent to a group. */
  readonly multicast: boolean;
  /** Milliseconds since 1970: for the HMAC's freshness. */
  readonly at: number;
}

/** The pure part, without memory: every HMAC is the sender's first. Settings' `source` is who `validate` takes for ourselves. */
export interface NativeVrrpCodec {
  /** In the order of the addon. */
  readonly verdicts: readonly PacketVerdict[];
  encode(
    settings: WireSettings,
    advert: Pick<NativePacket, 'source' | 'destination' | 'at'> & { readonly priority: number },
  ): Uint8Array;
  validate(
    settings: WireSettings,
    packet: NativePacket,
  ): {
    readonly verdict: PacketVerdict;
    /** Null unless accepted. */
    readonly advert: {
      readonly version: number;
      readonly vrid: number;
      readonly priority: number;
      readonly intervalMs: number;
      readonly count: number;
      /** v3 IPv4: the checksum was over the message alone. */
      readonly messageChecksum: boolean;
      readonly authenticated: boolean;
    } | null;
  };
  describe(packet: NativePacket, settings?: WireSettings): PacketDescription;
}

export type NativeVrrpEvent =
  | (SeenPacket & { readonly kind: 'packet' })
  /** So many came too fast to be told. */
  | { readonly kind: 'lost'; readonly count: number }
  /** Nothing comes after it. */
  | { readonly kind: 'ended'; readonly failure: OpFailure };

/** Listens from its construction on; keeps the event loop alive until stop(). */
export interface NativeVrrpListen {
  stop(): void;
}
