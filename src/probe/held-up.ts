/** Deadlines that only count the time in which this process could have heard an answer: while the event loop is busy with
 *  something else, a server is not to blame for what lies unread. */

const LOOK_MS = 20;
/** Timers are this late on a machine without anything being wrong. */
const USUAL_MS = 5;
/** Less is not worth another timer. */
const WORTH_MS = 10;

let deadlines = 0;
let timer: NodeJS.Timeout | undefined;
let nextLook = 0;
let heldMs = 0;

const overdue = (): number => Math.max(0, performance.now() - nextLook - USUAL_MS);

function look(): void {
  heldMs += overdue();
  nextLook = performance.now() + LOOK_MS;
}

function beginToLook(): void {
  if (deadlines++ > 0) return;
  nextLook = performance.now() + LOOK_MS;
  timer = setInterval(look, LOOK_MS).unref();
}

function endToLook(): void {
  if (--deadlines === 0) clearInterval(timer);
}

/** Calls `then` after `ms` and the time for which the event loop was held up meanwhile, but after twice `ms` in any case.
 *  Answers the function that calls it off. */
export function afterUnheld(ms: number, then: () => void): () => void {
  beginToLook();
  const before = heldMs;
  let granted = 0;
  let over = false;
  const end = (): void => {
    if (!over) endToLook();
    over = true;
  };
  const due = (): void => {
    const owed = Math.min(heldMs + overdue() - before, ms) - granted;
    if (owed >= WORTH_MS) {
      granted += owed;
      waiting = setTimeout(due, owed);
      return;
    }
    end();
    then();
  };
  let waiting = setTimeout(due, ms);
  return () => {
    clearTimeout(waiting);
    end();
  };
}
