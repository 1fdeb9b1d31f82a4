import { readFileSync, writeFileSync } from 'node:fs';
import { openIpvs } from '../src/kernel/ipvs.ts';
import type { Figures } from './harness.ts';
import { watchLoop } from './loop.ts';
import { operations } from './sample.ts';

/** What runs in a process of its own, started with --expose-gc, because memory and the event loop are measured. */

/** Applies a table to two namespaces; the second counts: a daemon's code is compiled by then. */
export async function applyTwice(destinations: number, warmUp: string, netns: string): Promise<Figures> {
  const ops = operations(destinations);
  await openIpvs({ netns: warmUp }).apply(ops);
  const ipvs = openIpvs({ netns });
  await ipvs.info();
  collect();
  const loop = watchLoop();
  const start = performance.now();
  const results = await ipvs.apply(ops);
  const applyMs = performance.now() - start;
  const applyLoopMs = loop();
  const failed = results.find((result) => result.failure);
  if (failed || results.length !== ops.length) throw new Error(JSON.stringify(failed?.failure));
  return { applyMs, applyLoopMs };
}

/** Dumps a namespace's table once, code cold as it is. */
export async function dumpOnce(destinations: number, netns: string): Promise<Figures> {
  const ipvs = openIpvs({ netns });
  await ipvs.info();
  const idle = watchLoop();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const idleLoopMs = idle();
  collect();
  const before = process.memoryUsage().rss;
  // The peak starts anew (proc(5), clear_refs).
  writeFileSync('/proc/self/clear_refs', '5');
  const loop = watchLoop();
  const start = performance.now();
  const services = await ipvs.dump();
  const dumpMs = performance.now() - start;
  const dumpLoopMs = loop();
  const peak = 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  const held = process.memoryUsage().heapUsed;
  collect();
  const retained = process.memoryUsage();
  const count = services.reduce((sum, service) => sum + service.destinations.length, 0);
  if (count !== destinations) throw new Error(`the dump holds ${count} destinations`);
  const mb = (bytes: number) => bytes / 2 ** 20;
  return {
    dumpMs,
    dumpLoopMs,
    idleLoopMs,
    dumpPeakMB: mb(peak - before),
    dumpRetainedMB: mb(retained.rss - before),
    dumpGarbageMB: mb(held - retained.heapUsed),
  };
}

function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
