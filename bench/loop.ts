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
