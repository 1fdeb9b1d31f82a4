import type { Clock } from '../base/clock.ts';
import { CHECK_KINDS, type CheckKind, type CheckOf } from '../config/checks/index.ts';
import type { Check } from '../model/desired.ts';
import type { EchoPort, OpenSocket, ProberPort } from '../model/ports.ts';
import type { RunProgram } from '../model/program.ts';
import { probeAgent } from './agent.ts';
import { probeDialogue } from './dialogue.ts';
import { probeDns } from './dns.ts';
import { probeFile } from './file.ts';
import { probeFtp } from './ftp.ts';
import { probeGrpc } from './grpc.ts';
import { probeHttp } from './http.ts';
import { probeImap } from './imap.ts';
import { type CheckRunner, type CheckTools, Ended, type Finding, type Target } from './kind.ts';
import { probeLdap } from './ldap.ts';
import { probeMemcached } from './memcached.ts';
import { probeMongodb } from './mongodb.ts';
import { probeMysql } from './mysql.ts';
import { probePing } from './ping.ts';
import { probePop3 } from './pop3.ts';
import { probePostgresql } from './postgresql.ts';
import { probeRadius } from './radius.ts';
import { probeRedis } from './redis.ts';
import { probeScript } from './script.ts';
import { probeSmtp } from './smtp.ts';
import { probeSsh } from './ssh.ts';
import { probeTcp } from './tcp.ts';
import { probeUdp } from './udp.ts';

/** Every kind of check and what runs it: a new kind is its settings (config/checks/), its file here and one row here. */
const RUNNERS: { readonly [K in CheckKind]: CheckRunner<K> } = {
  ping: probePing,
  tcp: probeTcp,
  udp: probeUdp,
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
  const kind = CHECK_KINDS.find((known) => known === check.kind);
  if (kind === undefined) return Promise.reject(new Error(`there is no kind of check "${check.kind}"`));
  const runner = RUNNERS[kind] as CheckRunner<CheckKind>;
  return runner(target, check as unknown as CheckOf<CheckKind>, signal, tools);
}

/** Timers are this late on a busy machine without anything being wrong. */
const LATE_MS = 250;

/** A defect in a check must cost one verdict, not the daemon. */
const defect = (error: unknown): Finding => ({
  ok: false,
  phase: 'connect',
  outcome: 'check-failed',
  evidence: `the check itself failed: ${String(error)}`,
});

/** One reason for all: making one costs a stack trace. */
const OVER = new Error('the probe is over');

/** Whoever gives the echo closes it. */
export function createProber(clock: Clock, runProgram: RunProgram, echo: EchoPort, openSocket: OpenSocket): ProberPort {
  return {
    async probe(target, settings, signal) {
      const at = clock.now();
      // AbortSignal.timeout() and any() leave weak references to collect, which showed at thousands of probes a second.
      const deadline = new AbortController();
      const over = (): void => deadline.abort(OVER);
      // Timers come before sockets in a turn of the event loop: what has arrived meanwhile is heard first.
      let last: NodeJS.Immediate | undefined;
      const timer = setTimeout(() => {
        last = setImmediate(over);
      }, settings.timeoutMs);
      signal.addEventListener('abort', over, { once: true });
      if (signal.aborted) over();
      let finding: Finding;
      try {
        finding = await run({ ...target, openSocket }, settings.check, deadline.signal, {
          run: runProgram,
          echo,
          timeoutMs: settings.timeoutMs,
          stop: signal,
        });
      } catch (error) {
        finding = error instanceof Ended ? error.finding : defect(error);
      } finally {
        clearTimeout(timer);
        clearImmediate(last);
        signal.removeEventListener('abort', over);
      }
      const durationMs = clock.now() - at;
      // A timer that fires this late was held up by us: the answer may well lie unread in the socket.
      if (finding.outcome === 'timeout' && durationMs > settings.timeoutMs + LATE_MS) {
        finding = {
          ...finding,
          outcome: 'stalled',
          evidence: `this process was held up for ${Math.round(durationMs)} ms`,
        };
      }
      return { ...finding, at, durationMs };
    },
  };
}
