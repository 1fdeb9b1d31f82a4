import type { Report } from '../availability/report.ts';
import type { DirectorEvent } from '../daemon/store.ts';
import type { HealthStatus } from '../model/health.ts';
import type { VirtualService } from '../model/service.ts';
import type { SyncRole } from '../model/sync.ts';
import type { VrrpState } from '../model/vrrp.ts';

/** What goes over the socket. Counters are decimal text: they outgrow a double. Times end in their unit. */

export interface DestinationStatus {
  /** `10.0.0.11:80` */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly forward: string;
  readonly weight: number;
  /** The weight it had before it was set to 0, as far as the configuration tells: `mh` goes on counting with it. */
  readonly lastWeight?: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** New connections since the destination was made; up to 2 s old. */
  readonly connections: string;
  /** The configured server behind it; null for one that is on its way out. */
  readonly server: string | null;
  readonly why: string;
}

export interface ListenerStatus {
  /** `tcp://10.0.0.100:80` */
  readonly key: string;
  readonly service: VirtualService;
  readonly inKernel: boolean;
  readonly connections: string;
  /** In the scheduler's own order. */
  readonly destinations: readonly DestinationStatus[];
}

export interface ServerStatus {
  readonly name: string;
  readonly address: string;
  readonly health: HealthStatus | 'unchecked';
  readonly administrative: 'enabled' | 'drain';
  readonly why: string;
  /** How long it has been so; null for an unchecked server. */
  readonly forMs: number | null;
}

export interface ServiceStatus {
  readonly name: string;
  readonly listeners: readonly ListenerStatus[];
  readonly servers: readonly ServerStatus[];
}

export interface SyncStatus {
  readonly role: SyncRole;
  readonly interface: string;
  readonly id: number;
  readonly group: string;
  readonly port: number;
  readonly running: boolean;
}

/** One part of a priority: where it comes from, and what it adds. */
export interface PriorityTerm {
  readonly name: string;
  readonly value: number;
  readonly why: string;
}

export interface InstanceStatus {
  readonly name: string;
  readonly state: VrrpState;
  readonly why: string;
  readonly forMs: number;
  readonly vrid: number;
  readonly version: number;
  readonly family: string;
  readonly interface: string;
  readonly intervalMs: number;
  /** The sync group it is in. */
  readonly group: string | null;
  /** What it advertises, or would. */
  readonly priority: number;
  readonly terms: readonly PriorityTerm[];
  readonly faults: readonly string[];
  /** Who is master as far as was heard; null: nobody, or this director. */
  readonly master: { readonly address: string; readonly priority: number } | null;
  /** Others that claim what this director holds. */
  readonly rivals: readonly { readonly address: string; readonly priority: number }[];
  readonly addresses: readonly { readonly address: string; readonly interface: string; readonly present: boolean }[];
  /** Changes of role since the daemon started. */
  readonly transitions: number;
  /** Packets received, by what became of them; only those that occurred. */
  readonly received: Readonly<Record<string, number>>;
  readonly sent: number;
  /** Adverts that left more than half an interval late. */
  readonly late: number;
}

export interface InstancesStatus {
  readonly maintenance: boolean;
  readonly instances: readonly InstanceStatus[];
}

/** What a hand-over that was asked for came to. */
export interface FailoverStatus {
  readonly done: boolean;
  readonly text: string;
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly file: string;
  readonly revision: number;
  readonly startedAtMs: number;
  /** True when the newest pass left nothing to do and nothing failed. */
  readonly inSync: boolean;
  readonly problems: readonly string[];
  /** What was seen in the kernel and left alone. */
  readonly notes: readonly string[];
  readonly services: readonly ServiceStatus[];
  readonly instances: readonly InstanceStatus[];
  readonly maintenance: boolean;
  /** Connection sync as the file wants it. */
  readonly sync: readonly SyncStatus[];
  readonly addresses: readonly { readonly address: string; readonly interface: string; readonly present: boolean }[];
}

/** What `fairlead plan` needs of a running daemon to judge as it would. */
export interface JudgementStatus {
  readonly drained: readonly string[];
  readonly verdicts: readonly { readonly key: string; readonly status: HealthStatus; readonly why: string }[];
  readonly ownedServices: readonly string[];
  readonly ownedAddresses: readonly string[];
  readonly ownedDaemons: readonly string[];
}

export interface RouteTypes {
  readonly status: { readonly params: Record<never, string>; readonly body: Status };
  readonly judgement: { readonly params: Record<never, string>; readonly body: JudgementStatus };
  readonly events: { readonly params: { readonly after: string }; readonly body: readonly DirectorEvent[] };
  readonly report: { readonly params: Record<never, string>; readonly body: Report };
  readonly drain: { readonly params: { readonly service: string; readonly server: string }; readonly body: Status };
  readonly undrain: { readonly params: { readonly service: string; readonly server: string }; readonly body: Status };
  readonly instances: { readonly params: Record<never, string>; readonly body: InstancesStatus };
  readonly failover: {
    readonly params: { readonly instance: string; readonly to: string };
    readonly body: FailoverStatus;
  };
  readonly maintenanceOn: { readonly params: Record<never, string>; readonly body: InstancesStatus };
  readonly maintenanceOff: { readonly params: Record<never, string>; readonly body: InstancesStatus };
  readonly reload: {
    readonly params: Record<never, string>;
    /** `notes`: of an accepted file, its warnings and which clients get another server. */
    readonly body: { readonly accepted: boolean; readonly text: string; readonly notes: readonly string[] };
  };
}
export type RouteName = keyof RouteTypes;

interface RouteRow {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST';
  readonly path: string;
  readonly summary: string;
}

/** Every route, one row each; server and client are made from it. */
export const ROUTES: { readonly [N in RouteName]: RouteRow } = {
  status: { method: 'GET', path: '/api/v1/status', summary: 'everything an operator looks at first' },
  judgement: { method: 'GET', path: '/api/v1/judgement', summary: 'verdicts, drains and ownership, for a dry run' },
  events: { method: 'GET', path: '/api/v1/events/:after', summary: 'what was decided and why, newer than an event id' },
  report: { method: 'GET', path: '/api/v1/report', summary: 'availability: what was up and down, incidents, budgets' },
  drain: {
    method: 'PUT',
    path: '/api/v1/services/:service/servers/:server/drain',
    summary: 'no new connections to a server',
  },
  undrain: {
    method: 'DELETE',
    path: '/api/v1/services/:service/servers/:server/drain',
    summary: 'let a drained server serve again',
  },
  instances: { method: 'GET', path: '/api/v1/instances', summary: 'VRRP instances: who is master, and why' },
  failover: {
    method: 'POST',
    path: '/api/v1/instances/:instance/failover/:to',
    summary: 'hand an instance over: to a "peer", or to whoever is not master ("other")',
  },
  maintenanceOn: {
    method: 'PUT',
    path: '/api/v1/maintenance',
    summary: 'hand everything over and take nothing until it is off again',
  },
  maintenanceOff: { method: 'DELETE', path: '/api/v1/maintenance', summary: 'take part in elections again' },
  reload: { method: 'POST', path: '/api/v1/reload', summary: 'take the configuration file anew' },
};

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}
