import { readFileSync, writeFileSync } from 'node:fs';
import { openIpvs } from '../src/kernel/ipvs.ts';
import type { IpvsOp } from '../src/model/op.ts';
import type { Figures } from './harness.ts';
import { watchLoop } from './loop.ts';
import { operations } from './sample.ts';

/** What runs in a process of its own, started with --expose-gc, because memory and the event loop are measured. */

/** Applies a table to two namespaces. The first time code is cold and the event loop is watched; the second time, when a
 *  daemon's code would be compiled and nothing watches, is the one that is compared. */
export async function applyTwice(destinations: number, first: string, second: string): Promise<Figures> {
  const ops = operations(destinations);
  // Not within what is watched: a forced collection holds the loop longer than any batch.
  collect();
  const loop = watchLoop();
  await applied(first, ops);
  const applyLoopMs = loop();
  return { applyMs: await applied(second, ops), applyLoopMs };
}

/** How many milliseconds a batch took. */
async function applied(netns: string, ops: readonly IpvsOp[]): Promise<number> {
  const ipvs = openIpvs({ netns });
  await ipvs.info();
  const start = performance.now();
  const results = await ipvs.apply(ops);
  const ms = performance.now() - start;
  ipvs.close();
  const failed = results.find((result) => result.failure);
  if (failed || results.length !== ops.length) throw new Error(JSON.stringify(failed?.failure));
  return ms;
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
