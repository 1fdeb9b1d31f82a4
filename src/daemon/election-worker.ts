import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../kernel/vrrp-engine.ts';
import { ElectionLoop } from './election-loop.ts';
import type { Answer, ElectionOptions, Request } from './election-port.ts';

/** The thread of the election: small, and busy with nothing else. election-port.ts is its other end. */

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

const loop = new ElectionLoop({
  openEngine: (onEvents) => openEngine(workerData as ElectionOptions, onEvents),
  now: () => Number(process.hrtime.bigint()) / 1e6,
  wall: () => Date.now(),
  tell: (report) => port.postMessage({ kind: 'report', report } satisfies Answer),
});

port.on('message', (request: Request) => {
  void carryOut(request).then(
    (value) => port.postMessage({ kind: 'answer', id: request.id, value } satisfies Answer),
    (error) => port.postMessage({ kind: 'failure', id: request.id, error } satisfies Answer),
  );
});

async function carryOut(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'configure':
      return loop.configure(request.electorate);
    case 'judge':
      return loop.judge(request.judgements);
    case 'act':
      return loop.act(request.instance, request.action);
    case 'lease':
      return loop.lease(request.ms);
    case 'counters':
      return loop.counters();
    case 'stop':
      return loop.stop(request.handover);
    case 'close':
      loop.close();
      // After the answer has left.
      setImmediate(() => port?.close());
  }
}
