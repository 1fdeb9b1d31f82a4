import type { Family } from '../base/ip.ts';
import type { PacketVerdict } from './vrrp.ts';

/** What a packet says, believed or not; zeros and nothing where it is too short for them. */
export interface PacketDescription {
  readonly version: number;
  readonly type: number;
  readonly vrid: number;
  readonly priority: number;
  readonly intervalMs: number;
  /** As inet_ntop writes them. */
  readonly addresses: readonly string[];
  /** v2: 0 none, 1 simple text. */
  readonly authentication: number;
  /** Which form fits: with the pseudo-header or over the message alone; unknown when the length is not right. */
  readonly checksum: 'pseudo' | 'message' | 'wrong' | 'unknown';
  /** Id of the key its HMAC names. */
  readonly hmacKey: number | null;
  /** By the settings; without them, what is wrong with it in itself. */
  readonly verdict: PacketVerdict;
}

/** A packet on an interface. */
export interface SeenPacket extends PacketDescription {
  /** Milliseconds since 1970, with fractions: when the kernel took it in or sent it. */
  readonly at: number;
  readonly family: Family;
  /** By this machine. */
  readonly sent: boolean;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  /** Bytes after the IP header. */
  readonly size: number;
}
