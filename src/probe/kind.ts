import { getSystemErrorName } from 'node:util';
import type { CheckKind, CheckOf } from '../config/checks/index.ts';
import type { Certificate, ProbeResult } from '../model/health.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { OpenSocket, ProbeTarget } from '../model/ports.ts';
import type { RunProgram } from '../model/program.ts';

/** What a probe saw, without the times, which the runner adds. */
export type Finding = Omit<ProbeResult, 'at' | 'durationMs'>;

/** What ends a check from anywhere inside it: the finding, thrown. */
export class Ended extends Error {
  constructor(readonly finding: Finding) {
    super(finding.evidence);
  }
}

/** Ends a check as failed: `throw bad('match', 'not-ready', 'PING to 10.0.0.12:6379 answered LOADING')`. */
export const bad = (phase: Finding['phase'], outcome: string, evidence: string): Ended =>
  new Ended({ ok: false, phase, outcome, evidence });

export const good = (phase: Finding['phase'], outcome: string, evidence: string): Finding => ({
  ok: true,
  phase,
  outcome,
  evidence,
});

/** Whom a check asks, and how it gets a socket that leaves from where it shall. */
export interface Target extends ProbeTarget {
  readonly openSocket: OpenSocket;
  /** Hears of each certificate that the server shows; absent where nobody asks. */
  readonly sawCertificate?: (certificate: Certificate) => void;
  /** Version of the PROXY header that connections begin with; none when absent. */
  readonly proxy?: 'v1' | 'v2';
  /** Of connections; TCP when absent. */
  readonly transport?: 'sctp';
}

/** What a check may use beside the network. */
export interface CheckTools {
  readonly run: RunProgram;
  /** The whole time of the probe; `signal` aborts when it is over. */
  readonly timeoutMs: number;
  /** Aborts when nobody wants to know any more. */
  readonly stop: AbortSignal;
}

/** One kind of check: runs until it knows, or until `signal` aborts (the deadline). What a server does wrong is a finding,
 *  returned or thrown as `Ended`; anything else thrown counts as a defect of the check. */
export type CheckRunner<K extends CheckKind> = (
  target: Target,
  check: CheckOf<K>,
  signal: AbortSignal,
  tools: CheckTools,
) => Promise<Finding>;

const CONNECT_OUTCOMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  EMFILE: 'no-descriptors',
  ENFILE: 'no-descriptors',
  EADDRNOTAVAIL: 'no-local-port',
  ENODEV: 'no-interface',
  EPERM: 'not-permitted',
  EPROTONOSUPPORT: 'no-protocol',
  EPROTO: 'not-tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls-version',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-version',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'no-common-protocol',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-of-another-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-of-unknown-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-of-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-of-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-of-unknown-authority',
};

/** A stable word for a socket error; the error's own code where there is no better one. */
export function outcomeOf(error: unknown): string {
  const code = error instanceof KernelError ? getSystemErrorName(-error.errno) : codeOf(error);
  return outcomeOfCode(code);
}

export const outcomeOfCode = (code: string): string => CONNECT_OUTCOMES[code] ?? code.toLowerCase();

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'failed');
