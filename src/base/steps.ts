/** Long work that can be done in turns is a generator that yields between its steps; this does all of it at once. */
export function atOnce<T>(work: Iterator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
