import type { Protocol, Tunnel, VirtualServiceId } from '../../model/service.ts';
import type { Endpoint } from './address.ts';
import type { OptionName } from './options.ts';

/** What is wrong with a command line: the text ipvsadm prints and its exit code. */
export class Refusal extends Error {
  readonly exit: number;
  /** False where ipvsadm -R goes on with the next line. */
  readonly ends: boolean;

  constructor(text: string, exit = USAGE, ends = true) {
    super(text);
    this.exit = exit;
    this.ends = ends;
  }
}

export const USAGE = 2;
/** Also what the kernel refused. */
export const REFUSED = 255;

/** A command line while it is read: what options have said so far, and ipvsadm's defaults for the rest. */
export interface Draft {
  readonly given: Set<OptionName>;
  id: VirtualServiceId | null;
  netmask: string;
  scheduler: string;
  persistenceS: number;
  engine: string;
  flags: string;
  schedulerFlags: number;
  server: Endpoint | null;
  /** The forwarding as --forward named it: its port is left as it is. */
  forward: 'nat' | 'tunnel' | 'dr' | 'local' | 'bypass';
  keepPort: boolean;
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  tunnelType: Tunnel['type'];
  tunnelPort: number;
  daemon: {
    state: 'master' | 'backup';
    interface: string;
    syncId: number;
    maxLength?: number;
    group?: string;
    port?: number;
    ttl?: number;
  };
  strictCompat: boolean;
}

export const newDraft = (): Draft => ({
  given: new Set(),
  id: null,
  netmask: '255.255.255.255',
  scheduler: '',
  persistenceS: 0,
  engine: '',
  flags: '',
  schedulerFlags: 0,
  server: null,
  forward: 'dr',
  keepPort: false,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnelType: 'ipip',
  tunnelPort: 0,
  daemon: { state: 'master', interface: '', syncId: 0 },
  strictCompat: false,
});

/** The protocol that names of ports belong to. The kernel takes a firewall mark's services for TCP ones. */
export const protocolOf = (id: VirtualServiceId | null): Protocol | null => {
  if (!id) return null;
  return id.kind === 'fwmark' ? 'tcp' : id.protocol;
};
