import type { CheckSettings, Desired, DesiredServer } from '../../../src/model/desired.ts';
import type { ProbeResult } from '../../../src/model/health.ts';

export const refused = (at: number): ProbeResult => ({
  ok: false,
  at,
  durationMs: 1,
  phase: 'connect',
  outcome: 'refused',
  evidence: 'connect to 10.0.0.12:80 refused',
});

export const answered = (at: number, status: number): ProbeResult => ({
  ok: status === 200 || status === 204,
  at,
  durationMs: 3,
  phase: 'response',
  outcome: `status-${status}`,
  evidence: `GET /healthz answered ${status}`,
});

export const settings: CheckSettings = {
  check: { kind: 'tcp' },
  port: null,
  everyMs: 1000,
  timeoutMs: 500,
  rise: 2,
  fall: 3,
};

export const server = (host: number, changes: Partial<DesiredServer> = {}): DesiredServer => ({
  name: `10.0.0.${host}`,
  address: `10.0.0.${host}`,
  port: null,
  forward: 'dr',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
  administrative: 'enabled',
  check: settings,
  checkPort: 80,
  ...changes,
});

export const desired = (...servers: readonly DesiredServer[]): Desired => ({
  revision: 1,
  services: [{ name: 'web', listeners: [], servers, fallback: null, onFailure: 'remove', drainMs: 0 }],
  addresses: [],
  sysctls: {},
  sync: null,
  instances: [],
  groups: [],
});
