import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The longest that the event loop was kept, in ms, as seen by a timer of 1 ms and by Node's own monitor. */
export function watchLoop(): () => number {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  let longest = 0;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  monitor.enable();
  return () => {
    tick();
    clearInterval(timer);
    monitor.disable();
    return Math.max(longest, monitor.max / 1e6);
  };
}

/** The processor time of the main thread in all and in its longest turn of the event loop: what is left of a hold-up when
 *  waiting for a processor that others have is taken away. */
export function processorTurns(): () => { readonly processorMs: number; readonly turnMs: number } {
  const begun = processorMs();
  let last = begun;
  let longest = 0;
  let handle: NodeJS.Immediate;
  const turn = () => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
    handle = setImmediate(turn);
  };
  handle = setImmediate(turn);
  return () => {
    clearImmediate(handle);
    const now = processorMs();
    return { processorMs: now - begun, turnMs: Math.max(longest, now - last) };
  };
}

/** proc(5), schedstat: the first figure is nanoseconds on a processor. The main thread's number is the process's. */
const processorMs = (): number =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
