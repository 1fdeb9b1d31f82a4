import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Histogram } from '../metrics/histogram.ts';

/** How often the monitor's own timer fires; what it tells has this much in it. Each time costs a waking: every 10 ms they were
 *  most of what an idle daemon used. */
const RESOLUTION_MS = 50;

/** Puts the longest delay of each second into a histogram. Returns the stop function. */
export function watchLoopDelay(seconds: Histogram): () => void {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  monitor.enable();
  const timer = setInterval(() => {
    seconds.observe(Math.max(0, monitor.max / 1e9 - RESOLUTION_MS / 1000));
    monitor.reset();
  }, 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    monitor.disable();
  };
}
