/** Work in lanes side by side. Most of its time is waiting; what needs the machine to itself takes a turn for that. */
export interface Turns {
  /** Runs `work` while nobody else has a turn. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    alone(work) {
      const mine = last.then(work, work);
      last = mine.catch(() => {});
      return mine;
    },
  };
}

/** Does the jobs in their order, each on one of so many lanes, which are opened for it and closed at the end. */
export async function inLanes<L, J>(
  count: number,
  lane: { open(): Promise<L>; close(lane: L): Promise<void> },
  jobs: Iterable<J>,
  work: (lane: L, job: J) => Promise<void>,
): Promise<void> {
  const queue = jobs[Symbol.iterator]();
  let failed = false;
  const run = async (): Promise<void> => {
    const mine = await lane.open();
    try {
      for (let next = queue.next(); !next.done && !failed; next = queue.next()) await work(mine, next.value);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await lane.close(mine);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, run));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
