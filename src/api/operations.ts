// Made from src/api/routes by `UPDATE=1 npx vitest run --project unit test/unit/api`. Not to be edited.

/** RFC 9457 */
export interface Problem {
  /** a URI that names the kind of problem: urn:fairlead:CODE */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** stable; what programs look at */
  readonly code: string;
  /** what was expected and what came */
  readonly detail: string;
  /** what to do about it */
  readonly fix?: string;
  /** of one request too many: seconds until the next may come */
  readonly retryAfterS?: number;
  /** of a change that came too late: the one that holds now */
  readonly revision?: number;
  /** each mistake of the request */
  readonly errors?: ReadonlyArray<{
    readonly path: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
  }>;
}

export interface DirectorStatus {
  readonly version: string;
  readonly pid: number;
  readonly file: string;
  readonly revision: number;
  /** wall-clock milliseconds since 1970 */
  readonly startedAtMs: number;
  /** the newest pass left nothing to do and nothing failed */
  readonly inSync: boolean;
  readonly problems: readonly string[];
  /** what was seen in the kernel and left alone */
  readonly notes: readonly string[];
  readonly maintenance: boolean;
  readonly name: string;
  readonly services: number;
  readonly servers: number;
  readonly instances: number;
  readonly lastEvent: number;
}

/** everything an operator looks at first */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly file: string;
  readonly revision: number;
  /** wall-clock milliseconds since 1970 */
  readonly startedAtMs: number;
  /** the newest pass left nothing to do and nothing failed */
  readonly inSync: boolean;
  readonly problems: readonly string[];
  /** what was seen in the kernel and left alone */
  readonly notes: readonly string[];
  readonly maintenance: boolean;
  /** what operators set on top of the file, oldest first */
  readonly overrides: readonly Override[];
  readonly services: readonly ServiceStatus[];
  readonly instances: readonly InstanceStatus[];
  readonly sync: readonly SyncStatus[];
  readonly addresses: readonly HeldAddress[];
}

/** what an operator set on top of the file */
export interface Override {
  /** drain:server/web/r1 */
  readonly id: string;
  /** server/SERVICE/SERVER, service/SERVICE, instance/INSTANCE or director */
  readonly target: string;
  readonly kind: 'drain' | 'maintenance' | 'weight' | 'state';
  /** of weight the weight, of state up or down; null of drain and maintenance */
  readonly value: number | 'up' | 'down' | null;
  /** who set it */
  readonly by: string;
  /** wall-clock milliseconds since 1970 */
  readonly sinceMs: number;
  readonly reason: string | null;
  /** when it ends by itself; null: never */
  readonly untilMs: number | null;
  /** the file has no such target: it does nothing until that returns */
  readonly orphan: boolean;
}

export interface ServiceStatus {
  readonly name: string;
  readonly listeners: readonly ListenerStatus[];
  readonly servers: readonly ServerStatus[];
}

export interface ListenerStatus {
  /** tcp://10.0.0.100:80 */
  readonly key: string;
  readonly service: VirtualService;
  readonly inKernel: boolean;
  /** new connections since it was made; up to 2 s old, as the others */
  readonly connections: string;
  /** from clients */
  readonly inPackets: string;
  /** to clients; 0 where answers do not pass the director */
  readonly outPackets: string;
  /** a counter as decimal text */
  readonly inBytes: string;
  /** a counter as decimal text */
  readonly outBytes: string;
  /** in the scheduler's own order */
  readonly destinations: readonly DestinationStatus[];
}

/** settings of one kernel virtual service */
export interface VirtualService {
  readonly id:
    | {
        readonly kind: 'address';
        readonly protocol: 'tcp' | 'udp' | 'sctp';
        readonly address: string;
        readonly port: number;
      }
    | {
        readonly kind: 'fwmark';
        readonly mark: number;
        readonly family: 'inet' | 'inet6';
      };
  readonly scheduler: string;
  /** sum of the bits the kernel stores */
  readonly schedulerFlags: number;
  readonly onePacket: boolean;
  readonly persistence: {
    readonly timeoutS: number;
  } | null;
  readonly engine?: string;
  /** dotted for IPv4, prefix length for IPv6 */
  readonly netmask: string;
}

export interface DestinationStatus {
  /** 10.0.0.11:80 */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly forward: string;
  readonly weight: number;
  /** the weight before it was set to 0, as far as the configuration tells; mh goes on counting with it */
  readonly lastWeight?: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** new connections since it was made; up to 2 s old, as the others */
  readonly connections: string;
  /** from clients */
  readonly inPackets: string;
  /** to clients; 0 where answers do not pass the director */
  readonly outPackets: string;
  /** a counter as decimal text */
  readonly inBytes: string;
  /** a counter as decimal text */
  readonly outBytes: string;
  /** the configured server behind it; null for one on its way out */
  readonly server: string | null;
  readonly why: string;
}

export interface ServerStatus {
  readonly name: string;
  readonly address: string;
  readonly health: 'unknown' | 'up' | 'down' | 'unchecked';
  /** the operator's word */
  readonly administrative: 'enabled' | 'drain' | 'maintenance';
  /** the operator's word in place of the checks' */
  readonly pinned: 'up' | 'down' | null;
  /** what an operator set of it, in words: drained, weight 7 in place of 4 */
  readonly operator: string | null;
  readonly why: string;
  /** how long it has been so; null for an unchecked server */
  readonly forMs: number | null;
}

export interface InstanceStatus {
  readonly name: string;
  readonly state: 'init' | 'backup' | 'master' | 'fault';
  readonly why: string;
  /** milliseconds */
  readonly forMs: number;
  readonly vrid: number;
  readonly version: number;
  readonly family: string;
  readonly interface: string;
  /** milliseconds */
  readonly intervalMs: number;
  /** the sync group it is in */
  readonly group: string | null;
  /** what it advertises, or would */
  readonly priority: number;
  /** how the priority comes about */
  readonly terms: ReadonlyArray<{
    readonly name: string;
    readonly value: number;
    readonly why: string;
  }>;
  readonly faults: readonly string[];
  /** who is master as far as was heard; null: nobody, or this director */
  readonly master: {
    readonly address: string;
    readonly priority: number;
  } | null;
  /** others that answer for what this director holds (ARP, neighbour discovery) */
  readonly duplicates: ReadonlyArray<{
    readonly address: string;
    readonly interface: string;
    readonly mac: string;
  }>;
  /** others that claim what this director holds */
  readonly rivals: ReadonlyArray<{
    readonly address: string;
    readonly priority: number;
  }>;
  readonly addresses: readonly HeldAddress[];
  /** changes of role since the daemon started */
  readonly transitions: number;
  /** packets received, by what became of them */
  readonly received: Readonly<Record<string, number>>;
  readonly sent: number;
  /** adverts that left more than half an interval late */
  readonly late: number;
}

/** an address with its prefix, and whether the kernel has it */
export interface HeldAddress {
  readonly address: string;
  readonly interface: string;
  readonly present: boolean;
}

export interface SyncStatus {
  readonly role: 'master' | 'backup';
  readonly interface: string;
  readonly id: number;
  readonly group: string;
  readonly port: number;
  readonly running: boolean;
}

/** what a dry run needs to judge as the daemon would */
export interface JudgementStatus {
  readonly overrides: readonly Override[];
  /** when all this held, by the clock of the daemon that every time here is of */
  readonly atMs: number;
  readonly verdicts: ReadonlyArray<{
    readonly key: string;
    readonly status: 'unknown' | 'up' | 'down';
    readonly why: string;
    /** what it says of itself */
    readonly reported?: {
      readonly weight?:
        | {
            readonly percent: number;
          }
        | {
            readonly absolute: number;
          };
      readonly admin?: 'drain' | 'maint';
    };
    /** when it came back after it had been down */
    readonly recoveredAtMs?: number;
  }>;
  readonly roles: ReadonlyArray<{
    readonly instance: string;
    readonly state: 'init' | 'backup' | 'master' | 'fault';
  }>;
  readonly quorums: ReadonlyArray<{
    readonly service: string;
    /** null: not known yet */
    readonly held: boolean | null;
    /** monotonic milliseconds */
    readonly sinceMs: number;
    readonly why: string;
  }>;
  /** destinations that stay at weight 0 until their connections have ended */
  readonly leaving: ReadonlyArray<{
    /** listener and destination */
    readonly key: string;
    /** monotonic milliseconds */
    readonly sinceMs: number;
  }>;
  readonly ownedServices: readonly string[];
  readonly ownedAddresses: readonly string[];
  readonly ownedDaemons: readonly string[];
}

export interface SysctlStatus {
  readonly name: string;
  /** null: left as it is */
  readonly wanted: string | null;
  /** null: this kernel has none of that name, or it was not read */
  readonly present: string | null;
}

export interface ReportPage {
  /** ISO 8601 */
  readonly at: string;
  readonly objects: readonly ObjectReport[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

/** how a service, a server or an address fared */
export interface ObjectReport {
  readonly kind: 'service' | 'server' | 'address';
  readonly name: string;
  readonly condition: 'up' | 'down' | 'planned' | 'unobserved';
  readonly why: string;
  readonly windows: {
    readonly day: WindowReport;
    readonly '30d': WindowReport;
    readonly year: WindowReport;
  };
  /** the latest first */
  readonly incidents: readonly IncidentReport[];
}

export interface WindowReport {
  readonly upSeconds: number;
  readonly downSeconds: number;
  readonly plannedSeconds: number;
  /** nobody looked, or nobody could tell: counts neither way */
  readonly unobservedSeconds: number;
  readonly incidents: number;
  /** up over up and down; null: nothing was observed */
  readonly availability: number | null;
  /** 3.5 for 99.97%; null without downtime */
  readonly nines: number | null;
  readonly mtbfSeconds: number | null;
  readonly mttrSeconds: number | null;
  /** of services with a target */
  readonly budget: {
    readonly targetPercent: number;
    readonly allowedMinutes: number;
    readonly usedMinutes: number;
    /** 99.99% of a year = 52.6 min; used 3.1 min */
    readonly text: string;
  } | null;
}

export interface IncidentReport {
  readonly kind: 'down' | 'planned' | 'unobserved';
  /** ISO 8601 */
  readonly start: string;
  /** null: it goes on */
  readonly end: string | null;
  /** without the time that nobody looked */
  readonly seconds: number;
  readonly cause: string;
  /** from the first sign to the decision; null: not known */
  readonly detectionSeconds: number | null;
  /** who found it out or did it */
  readonly by: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** why not; empty when ready */
  readonly reasons: readonly string[];
  /** what is wrong although it serves */
  readonly problems: readonly string[];
}

export interface ServicePage {
  readonly services: readonly ServiceStatus[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

export interface ServerPage {
  readonly servers: readonly ServerOfService[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

/** a server of one service, its destinations of all listeners together */
export interface ServerOfService {
  readonly name: string;
  readonly address: string;
  readonly health: 'unknown' | 'up' | 'down' | 'unchecked';
  /** the operator's word */
  readonly administrative: 'enabled' | 'drain' | 'maintenance';
  /** the operator's word in place of the checks' */
  readonly pinned: 'up' | 'down' | null;
  /** what an operator set of it, in words: drained, weight 7 in place of 4 */
  readonly operator: string | null;
  readonly why: string;
  /** how long it has been so; null for an unchecked server */
  readonly forMs: number | null;
  readonly service: string;
  /** weight in the kernel; null while it is not in the table */
  readonly weight: number | null;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  /** a counter as decimal text */
  readonly connections: string;
}

export interface CheckPage {
  readonly checks: readonly CheckStatus[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

export interface CheckStatus {
  readonly service: string;
  readonly server: string;
  readonly kind: string;
  /** what is asked: 10.0.0.11:80, an address alone, or empty for a script or a file */
  readonly target: string;
  /** servers that go by the same check, as SERVICE/SERVER, this one among them */
  readonly users: readonly string[];
  /** until it is asked next, 0 while it is; null while nobody needs it, such as a check of masters only */
  readonly nextInMs: number | null;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly status: 'unknown' | 'up' | 'down';
  readonly why: string;
  /** results in a row that contradict the status */
  readonly contradictingResults: number;
  readonly last: {
    readonly ok: boolean;
    readonly agoMs: number;
    readonly durationMs: number;
    readonly phase: string;
    /** a stable word: refused, timeout, status-503 */
    readonly outcome: string;
    readonly evidence: string;
  } | null;
}

/** which server a client gets, and why */
export interface Explanation {
  readonly client: string;
  readonly service: string;
  readonly listeners: ReadonlyArray<{
    readonly listener: string;
    readonly client: string;
    /** unpredictable: it hangs on what is not known here */
    readonly kind: 'destination' | 'refused' | 'unpredictable';
    /** the server that a new connection gets; null when none can be named */
    readonly server: string | null;
    /** 10.0.0.11:80 */
    readonly destination: string | null;
    readonly why: string;
  }>;
  readonly servers: ReadonlyArray<{
    readonly name: string;
    readonly address: string;
    readonly health: 'unknown' | 'up' | 'down' | 'unchecked';
    /** the operator's word */
    readonly administrative: 'enabled' | 'drain' | 'maintenance';
    /** the operator's word in place of the checks' */
    readonly pinned: 'up' | 'down' | null;
    /** what an operator set of it, in words: drained, weight 7 in place of 4 */
    readonly operator: string | null;
    readonly why: string;
    /** how long it has been so; null for an unchecked server */
    readonly forMs: number | null;
    /** from the file to the kernel, a line for each step */
    readonly chain: readonly string[];
  }>;
}

/** which server each of many clients gets */
export interface Forecast {
  readonly service: string;
  readonly listeners: ReadonlyArray<{
    readonly listener: string;
    readonly scheduler: string;
    readonly clients: ReadonlyArray<{
      readonly client: string;
      /** unpredictable: it hangs on what is not known here */
      readonly kind: 'destination' | 'refused' | 'unpredictable';
      /** the server that a new connection gets; null when none can be named */
      readonly server: string | null;
      /** 10.0.0.11:80 */
      readonly destination: string | null;
      /** what it gets without the servers of `without`; null: none was named */
      readonly without: {
        /** the server that a new connection gets; null when none can be named */
        readonly server: string | null;
        /** 10.0.0.11:80 */
        readonly destination: string | null;
      } | null;
    }>;
    /** how many of the clients each server gets */
    readonly servers: ReadonlyArray<{
      readonly server: string;
      readonly clients: number;
    }>;
    /** null: nothing is removed, or the scheduler cannot be told for every client (sh, mh and dh can) */
    readonly removal: Removal | null;
  }>;
}

/** shares of all clients there are, 0 to 1 */
export interface Removal {
  readonly servers: readonly string[];
  /** of all clients, those whose server goes */
  readonly left: number;
  /** of the others, those who get another server nevertheless */
  readonly others: number;
  /** of all clients, those who are refused then */
  readonly refused: number;
}

/** a row of the kernel's connection table */
export interface ServiceConnection {
  readonly protocol: string;
  readonly client: string;
  /** 0: a persistence template */
  readonly clientPort: number;
  readonly virtual: string;
  readonly virtualPort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** the kernel's word: ESTABLISHED, FIN_WAIT, UDP */
  readonly state: string;
  /** seconds until the kernel forgets it, should no packet come */
  readonly expiresS: number;
  /** null: none of the file */
  readonly service: string | null;
  /** null: none of the file, such as one on its way out */
  readonly server: string | null;
}

/** the last line; without it the answer was cut off */
export interface ConnectionsEnd {
  /** complete: the whole table was read; limit, time: there may be more */
  readonly end: 'complete' | 'limit' | 'time';
  readonly given: number;
  /** rows looked at */
  readonly scanned: number;
}

export interface InstancesStatus {
  readonly maintenance: boolean;
  readonly instances: readonly InstanceStatus[];
}

export interface RoleStatus {
  readonly instance: string;
  readonly role: 'master' | 'other';
  readonly state: string;
  readonly why: string;
}

export interface FailoverStatus {
  readonly done: boolean;
  readonly text: string;
}

/** something that takes a while; what runs and the last hundred that ended are remembered, not across restarts */
export interface Operation {
  readonly id: string;
  readonly kind: 'drain';
  readonly service: string;
  readonly server: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  /** of its state, in words */
  readonly why: string;
  /** what this costs clients, as the kernel was set when it began, and what to do */
  readonly warnings: readonly string[];
  /** that the server still has */
  readonly openConnections: number;
  /** that it had when this began */
  readonly initialConnections: number;
  /** wall-clock milliseconds since 1970 */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly startedBy: string;
}

export interface OverridePage {
  /** of all overrides; If-Match takes it in quotes */
  readonly revision: number;
  readonly overrides: readonly Override[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

/** what was taken back */
export interface OverridesCleared {
  /** of all overrides; If-Match takes it in quotes */
  readonly revision: number;
  readonly cleared: readonly Override[];
}

/** what an operator set for one server; what is absent is as the file says */
export interface ServerOverrides {
  readonly drain?: {
    readonly by: string;
    /** wall-clock milliseconds since 1970 */
    readonly sinceMs: number;
    readonly reason?: string;
    /** wall-clock milliseconds since 1970 */
    readonly untilMs?: number;
  };
  readonly maintenance?: {
    readonly by: string;
    /** wall-clock milliseconds since 1970 */
    readonly sinceMs: number;
    readonly reason?: string;
    /** wall-clock milliseconds since 1970 */
    readonly untilMs?: number;
  };
  readonly weight?: {
    readonly value: number;
    readonly by: string;
    /** wall-clock milliseconds since 1970 */
    readonly sinceMs: number;
    readonly reason?: string;
    /** wall-clock milliseconds since 1970 */
    readonly untilMs?: number;
  };
  readonly state?: {
    readonly value: 'up' | 'down';
    readonly by: string;
    /** wall-clock milliseconds since 1970 */
    readonly sinceMs: number;
    readonly reason?: string;
    /** wall-clock milliseconds since 1970 */
    readonly untilMs?: number;
  };
}

export interface ConfigStatus {
  readonly revision: number;
  readonly file: string;
  /** the file as it stands, its secrets left out */
  readonly text: string;
  /** the file is no longer what runs: somebody edited it, and nobody reloaded */
  readonly edited: boolean;
  /** whether PUT may replace the file (`director.writable`) */
  readonly writable: boolean;
  /** what runs, every default written out, without secrets */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Validation {
  readonly valid: boolean;
  readonly errors: readonly ConfigIssue[];
  /** of a valid text */
  readonly warnings: readonly ConfigIssue[];
}

/** something about a place in the text; lines and columns count from 1 */
export interface ConfigIssue {
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

export interface ReloadStatus {
  readonly accepted: boolean;
  readonly text: string;
  /** of an accepted file: its warnings, and which clients get another server */
  readonly notes: readonly string[];
}

/** what a configuration would change in the kernel */
export interface PlanStatus {
  /** of the configuration that runs */
  readonly revision: number;
  /** in their order */
  readonly ops: ReadonlyArray<{
    readonly kind: string;
    readonly what: string;
    readonly why: string;
  }>;
  /** whose clients move, where the scheduler can be told for every client (sh, mh, dh) */
  readonly clients: ReadonlyArray<{
    readonly service: string;
    readonly listener: string;
    readonly change: string;
    /** of all clients, those whose server goes */
    readonly left: number;
    /** of the others, those who get another server nevertheless */
    readonly others: number;
    /** of all clients, those who are refused then */
    readonly refused: number;
  }>;
  readonly notes: readonly string[];
  readonly warnings: readonly ConfigIssue[];
  /** settings that differ */
  readonly live: readonly string[];
  /** settings that differ and only change with a restart: a reload would refuse them */
  readonly restart: readonly string[];
}

/** something worth telling: what was decided and why */
export interface DirectorEvent {
  readonly id: number;
  /** wall-clock milliseconds since 1970 */
  readonly atMs: number;
  readonly kind: 'daemon' | 'config' | 'health' | 'election' | 'plan' | 'operator' | 'audit' | 'problem';
  readonly text: string;
}

export interface HistoryPage {
  readonly changes: readonly Change[];
  /** cursor of the next part; null when this was the last one */
  readonly next: string | null;
}

/** when something became what, and why */
export interface Change {
  readonly kind: 'server' | 'instance';
  /** null: it is no server */
  readonly service: string | null;
  /** of the server or instance */
  readonly name: string;
  /** wall-clock milliseconds since 1970 */
  readonly atMs: number;
  readonly state: 'unknown' | 'up' | 'down' | 'init' | 'backup' | 'master' | 'fault';
  readonly why: string;
}

/** Every operation: its arguments by name (`body` is what is sent), and its answer, or each line of it. */
export interface Operations {
  /** which director this is, and how it is */
  readonly getDirector: {
    readonly args: Record<never, never>;
    readonly answer: DirectorStatus;
  };
  /** everything an operator looks at first */
  readonly getStatus: {
    readonly args: Record<never, never>;
    readonly answer: Status;
  };
  /** verdicts, conditions, roles, overrides and ownership, for a dry run elsewhere */
  readonly getJudgement: {
    readonly args: Record<never, never>;
    readonly answer: JudgementStatus;
  };
  /** connection sync daemons that the file asks for, and whether they run */
  readonly listSyncDaemons: {
    readonly args: Record<never, never>;
    readonly answer: {
      readonly daemons: readonly SyncStatus[];
    };
  };
  /** kernel settings below net.ipv4.vs: wanted and present */
  readonly listSysctls: {
    readonly args: Record<never, never>;
    readonly answer: {
      readonly sysctls: readonly SysctlStatus[];
    };
  };
  /** availability: what was up and down, incidents, budgets, in parts */
  readonly getReport: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
      /** only those */
      readonly kind?: 'service' | 'server' | 'address';
      /** only what is called that; a server is SERVICE/SERVER */
      readonly name?: string;
    };
    readonly answer: ReportPage;
  };
  /** this document */
  readonly getOpenapi: {
    readonly args: Record<never, never>;
    readonly answer: Readonly<Record<string, unknown>>;
  };
  /** the daemon answers */
  readonly getHealth: {
    readonly args: Record<never, never>;
    readonly answer: {
      readonly ok: true;
    };
  };
  /** whether the kernel has what this director wants it to have */
  readonly getReadiness: {
    readonly args: Record<never, never>;
    readonly answer: Readiness;
  };
  /** services with their listeners, destinations and servers, in parts */
  readonly listServices: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
    };
    readonly answer: ServicePage;
  };
  /** one service */
  readonly getService: {
    readonly args: {
      /** name of the service */
      readonly service: string;
    };
    readonly answer: ServiceStatus;
  };
  /** real servers of all services, in parts */
  readonly listServers: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
      /** only of this service */
      readonly service?: string;
      /** only those */
      readonly health?: 'unknown' | 'up' | 'down' | 'unchecked';
    };
    readonly answer: ServerPage;
  };
  /** one server of one service */
  readonly getServer: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
    };
    readonly answer: ServerOfService;
  };
  /** health checks: what is asked, how often, and what was found last */
  readonly listChecks: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
      /** only of this service */
      readonly service?: string;
    };
    readonly answer: CheckPage;
  };
  /** which server a client gets, and why */
  readonly explain: {
    readonly args: {
      /** 192.0.2.7, 192.0.2.7:40000 or [2001:db8::7]:40000 */
      readonly client: string;
      /** name of a service, or one of its listeners as tcp://ADDRESS:PORT */
      readonly service: string;
    };
    readonly answer: Explanation;
  };
  /** which server each of many clients gets, and who would get another one */
  readonly predict: {
    readonly args: {
      /** name of a service, or one of its listeners as tcp://ADDRESS:PORT */
      readonly service: string;
      /** separated by commas: addresses, with a port where the scheduler hashes it, or networks (192.0.2.0/24) */
      readonly clients?: string;
      /** as if these servers, separated by commas, were removed */
      readonly without?: string;
    };
    readonly answer: Forecast;
  };
  /** the kernel's connection table */
  readonly listConnections: {
    readonly args: {
      /** only with this service */
      readonly service?: string;
      /** only with this server */
      readonly server?: string;
      /** only with this client address */
      readonly client?: string;
      /** only with this state, such as ESTABLISHED */
      readonly state?: string;
      /** only with this protocol */
      readonly protocol?: 'tcp' | 'udp' | 'sctp';
      /** most connections given */
      readonly limit?: number;
      /** longest time spent reading */
      readonly timeLimitMs?: number;
    };
    readonly line: ServiceConnection | ConnectionsEnd;
  };
  /** VRRP instances: who is master, and why */
  readonly listInstances: {
    readonly args: Record<never, never>;
    readonly answer: InstancesStatus;
  };
  /** one instance */
  readonly getInstance: {
    readonly args: {
      /** name of the instance */
      readonly instance: string;
    };
    readonly answer: InstanceStatus;
  };
  /** whether this director is master, for the probes of other load balancers */
  readonly getInstanceRole: {
    readonly args: {
      /** name of the instance */
      readonly instance: string;
    };
    readonly answer: RoleStatus;
  };
  /** hand an instance over without a gap */
  readonly failOver: {
    readonly args: {
      /** name of the instance */
      readonly instance: string;
      readonly body?: {
        /** peer: only give it away; other: a master gives it away, a backup takes it */
        readonly to?: 'peer' | 'other';
      };
    };
    readonly answer: FailoverStatus;
  };
  /** no new connections to a server */
  readonly drainServer: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
      readonly body?: {
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: Operation;
  };
  /** let a drained server serve again */
  readonly undrainServer: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
    };
    readonly answer: ServerOfService;
  };
  /** no new connections to any server of a service */
  readonly drainService: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      readonly body?: {
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: {
      /** one for each server that is drained now */
      readonly operations: readonly Operation[];
    };
  };
  /** let every drained server of a service serve again */
  readonly undrainService: {
    readonly args: {
      /** name of the service */
      readonly service: string;
    };
    readonly answer: ServiceStatus;
  };
  /** operations, newest first */
  readonly listOperations: {
    readonly args: Record<never, never>;
    readonly answer: {
      readonly operations: readonly Operation[];
    };
  };
  /** how far an operation is */
  readonly getOperation: {
    readonly args: {
      /** id of the operation */
      readonly operation: string;
    };
    readonly answer: Operation;
  };
  /** take back what an operation does: a drained server serves again */
  readonly cancelOperation: {
    readonly args: {
      /** id of the operation */
      readonly operation: string;
    };
    readonly answer: Operation;
  };
  /** what operators set on top of the file, oldest first, in parts */
  readonly listOverrides: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
      /** only of this kind */
      readonly kind?: 'drain' | 'maintenance' | 'weight' | 'state';
      /** only of this target: server/web/r1 */
      readonly target?: string;
      /** true: only those whose target the file does not have; false: only others */
      readonly orphan?: string;
    };
    readonly answer: OverridePage;
  };
  /** one override */
  readonly getOverride: {
    readonly args: {
      /** id of the override, its slashes as %2F */
      readonly override: string;
    };
    readonly answer: Override;
  };
  /** take overrides back: all, or those that the query names */
  readonly clearOverrides: {
    readonly args: {
      /** only of this kind */
      readonly kind?: 'drain' | 'maintenance' | 'weight' | 'state';
      /** only of this target: server/web/r1 */
      readonly target?: string;
      /** true: only those whose target the file does not have; false: only others */
      readonly orphan?: string;
    };
    readonly answer: OverridesCleared;
  };
  /** take one override back */
  readonly clearOverride: {
    readonly args: {
      /** id of the override, its slashes as %2F */
      readonly override: string;
    };
    readonly answer: OverridesCleared;
  };
  /** what is set for one server, as one document */
  readonly getServerOverrides: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
    };
    readonly answer: ServerOverrides;
  };
  /** set and take back several at once: a merge patch (RFC 7396) of that document */
  readonly patchServerOverrides: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
      readonly body?: {
        readonly drain?: {
          readonly reason?: string | null;
          readonly untilMs?: number | null;
        } | null;
        readonly maintenance?: {
          readonly reason?: string | null;
          readonly untilMs?: number | null;
        } | null;
        readonly weight?: {
          readonly value?: number;
          readonly reason?: string | null;
          readonly untilMs?: number | null;
        } | null;
        readonly state?: {
          readonly value?: 'up' | 'down';
          readonly reason?: string | null;
          readonly untilMs?: number | null;
        } | null;
      };
    };
    readonly answer: ServerOverrides;
  };
  /** give a server another weight than the file does */
  readonly setWeight: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
      readonly body: {
        /** in place of the file's, and of what an agent says */
        readonly weight: number;
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: ServerOfService;
  };
  /** give a server the weight of the file again */
  readonly clearWeight: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
    };
    readonly answer: ServerOfService;
  };
  /** pin a server up or down, whatever its checks find */
  readonly setState: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
      readonly body: {
        /** what the server counts as, whatever its checks find */
        readonly state: 'up' | 'down';
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: ServerOfService;
  };
  /** believe the checks of a server again */
  readonly clearState: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
    };
    readonly answer: ServerOfService;
  };
  /** take a server out of the table, or let it return */
  readonly setServerMaintenance: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      /** name of the server: its configured name, or ADDRESS or ADDRESS:PORT */
      readonly server: string;
      readonly body: {
        readonly on: boolean;
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: ServerOfService;
  };
  /** take all servers of a service out: the fallback answers */
  readonly setServiceMaintenance: {
    readonly args: {
      /** name of the service */
      readonly service: string;
      readonly body: {
        readonly on: boolean;
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: ServiceStatus;
  };
  /** hand one instance over and keep it from being master here */
  readonly setInstanceMaintenance: {
    readonly args: {
      /** name of the instance */
      readonly instance: string;
      readonly body: {
        readonly on: boolean;
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: InstancesStatus;
  };
  /** hand everything over and take nothing until it is off again */
  readonly setMaintenance: {
    readonly args: {
      readonly body: {
        readonly on: boolean;
        /** for whoever looks later */
        readonly reason?: string;
        /** wall-clock milliseconds when it ends by itself */
        readonly untilMs?: number;
      };
    };
    readonly answer: InstancesStatus;
  };
  /** the configuration: the file, and what runs */
  readonly getConfig: {
    readonly args: Record<never, never>;
    readonly answer: ConfigStatus;
  };
  /** every mistake of a configuration that is sent */
  readonly validateConfig: {
    readonly args: {
      readonly body: string;
    };
    readonly answer: Validation;
  };
  /** replace the configuration file by what is sent, and run it */
  readonly replaceConfig: {
    readonly args: {
      readonly body: string;
    };
    readonly answer: ReloadStatus;
  };
  /** what a configuration that is sent would change in the kernel, why, and whose clients move */
  readonly planConfig: {
    readonly args: {
      readonly body: string;
    };
    readonly answer: PlanStatus;
  };
  /** take the configuration file anew */
  readonly reloadConfig: {
    readonly args: Record<never, never>;
    readonly answer: ReloadStatus;
  };
  /** what was decided and why, oldest first */
  readonly listEvents: {
    readonly args: {
      /** only events with a larger id */
      readonly after?: number;
      /** only these kinds, separated by commas */
      readonly kind?: string;
      /** only events with this in their text */
      readonly match?: string;
      /** the newest of them, at most */
      readonly limit?: number;
    };
    readonly answer: {
      readonly events: readonly DirectorEvent[];
      /** `after` of the next question */
      readonly lastId: number;
    };
    readonly event: DirectorEvent;
  };
  /** changes of health and of roles, the newest first */
  readonly listHistory: {
    readonly args: {
      /** most items of one answer */
      readonly limit?: number;
      /** `next` of the answer before */
      readonly cursor?: string;
      /** only servers of this service */
      readonly service?: string;
      /** only servers of this name */
      readonly server?: string;
      /** only this instance */
      readonly instance?: string;
      /** only what came later, in wall-clock milliseconds */
      readonly afterMs?: number;
    };
    readonly answer: HistoryPage;
  };
}

export type OperationName = keyof Operations;

interface OperationRow {
  readonly method: string;
  readonly path: string;
  /** The answer comes line by line. */
  readonly lines?: true;
}

export const OPERATIONS: { readonly [N in OperationName]: OperationRow } = {
  getDirector: { method: 'GET', path: '/api/v1/director' },
  getStatus: { method: 'GET', path: '/api/v1/status' },
  getJudgement: { method: 'GET', path: '/api/v1/judgement' },
  listSyncDaemons: { method: 'GET', path: '/api/v1/sync' },
  listSysctls: { method: 'GET', path: '/api/v1/sysctls' },
  getReport: { method: 'GET', path: '/api/v1/report' },
  getOpenapi: { method: 'GET', path: '/api/v1/openapi.json' },
  getHealth: { method: 'GET', path: '/healthz' },
  getReadiness: { method: 'GET', path: '/readyz' },
  listServices: { method: 'GET', path: '/api/v1/services' },
  getService: { method: 'GET', path: '/api/v1/services/{service}' },
  listServers: { method: 'GET', path: '/api/v1/servers' },
  getServer: { method: 'GET', path: '/api/v1/services/{service}/servers/{server}' },
  listChecks: { method: 'GET', path: '/api/v1/checks' },
  explain: { method: 'GET', path: '/api/v1/explain' },
  predict: { method: 'GET', path: '/api/v1/predict' },
  listConnections: { method: 'GET', path: '/api/v1/connections', lines: true },
  listInstances: { method: 'GET', path: '/api/v1/instances' },
  getInstance: { method: 'GET', path: '/api/v1/instances/{instance}' },
  getInstanceRole: { method: 'GET', path: '/api/v1/instances/{instance}/role' },
  failOver: { method: 'POST', path: '/api/v1/instances/{instance}/failover' },
  drainServer: { method: 'POST', path: '/api/v1/services/{service}/servers/{server}/drain' },
  undrainServer: { method: 'POST', path: '/api/v1/services/{service}/servers/{server}/undrain' },
  drainService: { method: 'POST', path: '/api/v1/services/{service}/drain' },
  undrainService: { method: 'POST', path: '/api/v1/services/{service}/undrain' },
  listOperations: { method: 'GET', path: '/api/v1/operations' },
  getOperation: { method: 'GET', path: '/api/v1/operations/{operation}' },
  cancelOperation: { method: 'DELETE', path: '/api/v1/operations/{operation}' },
  listOverrides: { method: 'GET', path: '/api/v1/overrides' },
  getOverride: { method: 'GET', path: '/api/v1/overrides/{override}' },
  clearOverrides: { method: 'DELETE', path: '/api/v1/overrides' },
  clearOverride: { method: 'DELETE', path: '/api/v1/overrides/{override}' },
  getServerOverrides: { method: 'GET', path: '/api/v1/services/{service}/servers/{server}/overrides' },
  patchServerOverrides: { method: 'PATCH', path: '/api/v1/services/{service}/servers/{server}/overrides' },
  setWeight: { method: 'PUT', path: '/api/v1/services/{service}/servers/{server}/weight' },
  clearWeight: { method: 'DELETE', path: '/api/v1/services/{service}/servers/{server}/weight' },
  setState: { method: 'PUT', path: '/api/v1/services/{service}/servers/{server}/state' },
  clearState: { method: 'DELETE', path: '/api/v1/services/{service}/servers/{server}/state' },
  setServerMaintenance: { method: 'PUT', path: '/api/v1/services/{service}/servers/{server}/maintenance' },
  setServiceMaintenance: { method: 'PUT', path: '/api/v1/services/{service}/maintenance' },
  setInstanceMaintenance: { method: 'PUT', path: '/api/v1/instances/{instance}/maintenance' },
  setMaintenance: { method: 'PUT', path: '/api/v1/maintenance' },
  getConfig: { method: 'GET', path: '/api/v1/config' },
  validateConfig: { method: 'POST', path: '/api/v1/config/validate' },
  replaceConfig: { method: 'PUT', path: '/api/v1/config' },
  planConfig: { method: 'POST', path: '/api/v1/plan' },
  reloadConfig: { method: 'POST', path: '/api/v1/reload' },
  listEvents: { method: 'GET', path: '/api/v1/events' },
  listHistory: { method: 'GET', path: '/api/v1/history' },
};
