/** Live load, run inside a lab's client: new connections from many source addresses, a report line of JSON twice a second.
 *    node load.js HOST PORT REQUESTS_PER_SECOND SOURCE...
 *  Each request is a connection of its own, so each one is a decision of the director. */
import { connect } from 'node:net';

export interface LoadReport {
  /** Milliseconds since 1970 at the end of the interval. */
  readonly at: number;
  readonly intervalMs: number;
  /** Good answers by the server that gave them, within the interval. */
  readonly served: Readonly<Record<string, number>>;
  /** Failures by kind, within the interval. */
  readonly failed: Readonly<Record<string, number>>;
  /** The longest time without a good answer, of those that ended within the interval or go on at its end. */
  readonly longestGapMs: number;
}

const REQUEST_TIMEOUT_MS = 5000;
const REPORT_MS = 500;
/** Above this many open at once no new one is started: a hanging server must not grow the load without bound. */
const MAX_OPEN = 200;

const [host = '', portText = '80', rateText = '50', ...sources] = process.argv.slice(2);
let served: Record<string, number> = {};
let failed: Record<string, number> = {};
let open = 0;
let answeredAt = performance.now();
let longestGapMs = 0;
let next = 0;

const count = (into: Record<string, number>, key: string): void => {
  into[key] = (into[key] ?? 0) + 1;
};

function request(localAddress: string | undefined): void {
  open++;
  let answer = '';
  let settled = false;
  const socket = connect({ host, port: Number(portText), ...(localAddress && { localAddress }) });
  const settle = (into: Record<string, number>, key: string): void => {
    if (settled) return;
    settled = true;
    open--;
    count(into, key);
    socket.destroy();
  };
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => settle(failed, 'timeout'));
  socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  socket.on('data', (data) => {
    answer += data.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => settle(failed, error.code ?? 'error'));
  socket.on('close', () => {
    const [, server] = /^HTTP\/1\.1 200 [\s\S]*\r\nX-Server: (\S+)/.exec(answer) ?? [];
    if (server) {
      settle(served, server);
      longestGapMs = Math.max(longestGapMs, performance.now() - answeredAt);
      answeredAt = performance.now();
    } else settle(failed, 'no answer');
  });
}

const startedAt = performance.now();
let started = 0;
setInterval(() => {
  // Catches up after a late tick, so that the rate holds on a slow machine.
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(rateText));
  for (; started < due; started++)
    if (open < MAX_OPEN) request(sources.length > 0 ? sources[next++ % sources.length] : undefined);
}, 20);

setInterval(() => {
  const gap = Math.round(Math.max(longestGapMs, performance.now() - answeredAt));
  const report: LoadReport = { at: Date.now(), intervalMs: REPORT_MS, served, failed, longestGapMs: gap };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  served = {};
  failed = {};
  longestGapMs = 0;
}, REPORT_MS);
