/** Runs `work` once a second until the process is told to end. Rejects with what `work` rejects with. */
export async function everySecond(work: () => Promise<void>): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await work();
  }
}
