import type { Clock } from '../base/clock.ts';
import { printable } from '../base/printable.ts';
import type { CheckKind, CheckOf } from '../config/checks/index.ts';
import type { Check } from '../model/desired.ts';
import type { Certificate } from '../model/health.ts';
import type { ProberPort } from '../model/ports.ts';
import type { ProbeEnginePort } from '../model/probe-engine.ts';
import type { RunProgram } from '../model/program.ts';
import { probeAgent } from './agent.ts';
import { probeDialogue } from './dialogue.ts';
import { probeDns } from './dns.ts';
import { probeFile } from './file.ts';
import { probeFtp } from './ftp.ts';
import { probeGrpc } from './grpc.ts';
import { afterUnheld } from './held-up.ts';
import { probeHttp } from './http.ts';
import { http } from './http-plain.ts';
import { probeImap } from './imap.ts';
import { type CheckRunner, type CheckTools, Ended, type Finding, type Target } from './kind.ts';
import { probeLdap } from './ldap.ts';
import { probeMemcached } from './memcached.ts';
import { probeMongodb } from './mongodb.ts';
import { probeMysql } from './mysql.ts';
import { askOnce, type NativeKind, preparingIn, stalled } from './native.ts';
import { ping } from './ping.ts';
import { probePop3 } from './pop3.ts';
import { probePostgresql } from './postgresql.ts';
import { probeRadius } from './radius.ts';
import { probeRedis } from './redis.ts';
import { probeScript } from './script.ts';
import { probeSctp } from './sctp.ts';
import { probeSmtp } from './smtp.ts';
import { probeSsh } from './ssh.ts';
import { syn } from './syn.ts';
import { probeTcp, tcp } from './tcp.ts';
import { udp } from './udp.ts';

/** Every kind of check and what runs it: a new kind is its settings (config/checks/), its file here and one row in one of
 *  these: what the engine asks, and what is asked here. HTTP and TCP are asked here where their settings are beyond the engine. */
const ASKED_BY_ENGINE: { readonly [K in CheckKind]?: NativeKind<K> } = { ping, tcp, syn, udp, http };
const RUNNERS: { readonly [K in Exclude<CheckKind, 'ping' | 'syn' | 'udp'>]: CheckRunner<K> } = {
  tcp: probeTcp,
  sctp: probeSctp,
  http: probeHttp,
  grpc: probeGrpc,
  dns: probeDns,
  smtp: probeSmtp,
  ftp: probeFtp,
  imap: probeImap,
  pop3: probePop3,
  ldap: probeLdap,
  ssh: probeSsh,
  dialogue: probeDialogue,
  mysql: probeMysql,
  postgresql: probePostgresql,
  redis: probeRedis,
  memcached: probeMemcached,
  mongodb: probeMongodb,
  radius: probeRadius,
  agent: probeAgent,
  script: probeScript,
  file: probeFile,
};

function run(target: Target, check: Check, signal: AbortSignal, tools: CheckTools): Promise<Finding> {
  const runners: Readonly<Record<string, CheckRunner<CheckKind> | undefined>> = RUNNERS as never;
  const runner = Object.hasOwn(RUNNERS, check.kind) ? runners[check.kind] : undefined;
  if (runner === undefined) return Promise.reject(new Error(`there is no kind of check "${check.kind}"`));
  const asks = check as unknown as CheckOf<CheckKind>;
  return runner('proxy' in asks && asks.proxy ? { ...target, proxy: asks.proxy } : target, asks, signal, tools);
}

/** Timers are this late on a busy machine without anything being wrong. */
const LATE_MS = 50;

/** A defect in a check must cost one verdict, not the daemon. */
const defect = (error: unknown): Finding => ({
  ok: false,
  phase: 'connect',
  outcome: 'check-failed',
  evidence: `the check itself failed: ${String(error)}`,
});

/** One reason for all: making one costs a stack trace. */
const OVER = new Error('the probe is over');

/** Whoever gives the engine closes it. */
export function createProber(clock: Clock, runProgram: RunProgram, engine: ProbeEnginePort): ProberPort {
  const { openSocket } = engine;
  const prepare = preparingIn(engine, ASKED_BY_ENGINE);
  return {
    prepare,
    collect: () => engine.collect(),
    collectSteps: () => engine.collectSteps(),
    refused: () => engine.refused(),
    async probe(target, settings, signal) {
      const at = clock.now();
      const asked = askOnce(prepare, target, settings, signal, at);
      if (asked !== undefined) return asked;
      // AbortSignal.timeout() and any() leave weak references to collect, which showed at thousands of probes a second.
      const deadline = new AbortController();
      const over = (): void => deadline.abort(OVER);
      // Timers come before sockets in a turn of the event loop: what has arrived meanwhile is heard first.
      let last: NodeJS.Immediate | undefined;
      const callOff = afterUnheld(settings.timeoutMs, () => {
        last = setImmediate(over);
      });
      signal.addEventListener('abort', over, { once: true });
      if (signal.aborted) over();
      let certificate: Certificate | undefined;
      const sawCertificate = (seen: Certificate): void => {
        certificate = certificate && certificate.endsAt <= seen.endsAt ? certificate : seen;
      };
      let finding: Finding;
      try {
        finding = await run({ ...target, openSocket, sawCertificate }, settings.check, deadline.signal, {
          run: runProgram,
          timeoutMs: settings.timeoutMs,
          stop: signal,
        });
      } catch (error) {
        finding = error instanceof Ended ? error.finding : defect(error);
      } finally {
        callOff();
        clearImmediate(last);
        signal.removeEventListener('abort', over);
      }
      const durationMs = clock.now() - at;
      // More than all that was granted: the answer may well lie unread in the socket.
      if (finding.outcome === 'timeout' && durationMs > 2 * settings.timeoutMs + LATE_MS) {
        finding = stalled({ phase: finding.phase, durationMs });
      }
      // What a server said goes to logs, terminals, hooks and other programs.
      return { ...finding, evidence: printable(finding.evidence), at, durationMs, ...(certificate && { certificate }) };
    },
  };
}
