/** Whether a kernel release (`6.1.0-56-cloud-amd64`) is `wanted` (`5.12`) or later. Distributions port features back, so a
 *  yes is sure and a no is not. */
export function releaseAtLeast(release: string, wanted: string): boolean {
  const present = numbers(release);
  const needed = numbers(wanted);
  for (let i = 0; i < 3; i++) {
    const difference = (present[i] ?? 0) - (needed[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const numbers = (version: string): number[] => version.split('-', 1)[0]?.split('.').map(Number) ?? [];
