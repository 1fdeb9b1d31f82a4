import type { HealthStatus } from '../model/health.ts';

/** Why all servers keep serving although more than `threshold` percent of them look dead, or null. What is not known yet
 *  counts as alive: nothing is claimed about it. */
export function panicking(threshold: number, checked: readonly HealthStatus[]): string | null {
  const dead = checked.filter((status) => status === 'down').length;
  // In whole numbers: 100 * 3/5 is not 60 in every arithmetic.
  if (checked.length === 0 || dead * 100 <= threshold * checked.length) return null;
  const percent = Math.floor((100 * dead) / checked.length);
  return `${percent}% of servers look dead, which is more likely our own trouble`;
}
