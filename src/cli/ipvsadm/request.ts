import type { SyncDaemon } from '../../kernel/ipvs.ts';
import type { Destination, VirtualService, VirtualServiceId } from '../../model/service.ts';

/** How a listing is printed. Several of the columns' switches may be on: the first of them in this order wins. */
export interface ListFormat {
  readonly stats: boolean;
  readonly rate: boolean;
  readonly thresholds: boolean;
  readonly persistentConnections: boolean;
  readonly tunnelInfo: boolean;
  /** Addresses and ports as numbers, not names. */
  readonly numeric: boolean;
  /** Large numbers in full. */
  readonly exact: boolean;
  /** False with --nosort: the kernel's own order. */
  readonly sort: boolean;
  readonly json: boolean;
  /** Also where ipvsadm is wrong, do as it does. */
  readonly strictCompat: boolean;
}

/** What one command line asks for, after every check that needs no kernel. */
export type Request =
  | { readonly command: 'add-service' | 'edit-service'; readonly service: VirtualService }
  | { readonly command: 'delete-service'; readonly id: VirtualServiceId }
  | { readonly command: 'flush' }
  | {
      readonly command: 'add-server' | 'edit-server' | 'delete-server';
      readonly id: VirtualServiceId;
      readonly destination: Destination;
    }
  | {
      readonly command: 'list';
      readonly what: 'services' | 'connections' | 'timeouts' | 'daemons';
      /** Only this service; null is all of them. */
      readonly id: VirtualServiceId | null;
      /** Only this destination of the service (ours: ipvsadm refuses -r here). */
      readonly destination: { readonly address: string; readonly port: number } | null;
      readonly format: ListFormat;
    }
  | { readonly command: 'save'; readonly format: ListFormat; readonly extended: boolean }
  | { readonly command: 'restore'; readonly dryRun: boolean; readonly json: boolean; readonly strictCompat: boolean }
  /** Seconds; 0 keeps the current value. */
  | { readonly command: 'set-timeouts'; readonly tcpS: number; readonly tcpFinS: number; readonly udpS: number }
  | { readonly command: 'start-daemon'; readonly daemon: SyncDaemon }
  | { readonly command: 'stop-daemon'; readonly state: SyncDaemon['state'] }
  | { readonly command: 'zero'; readonly id: VirtualServiceId | null }
  | { readonly command: 'help' | 'version' };
