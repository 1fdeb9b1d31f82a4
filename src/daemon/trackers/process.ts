import { realpathSync } from 'node:fs';
import type { TrackerState } from '../../model/instance.ts';
import type { ExitsPort } from '../../model/ports.ts';
import { found, type Kind, type KindParts, type Tell, type TrackerOf, unknown } from './kind.ts';
import { type Identity, isProgram, listPids, readIdentity } from './proc.ts';

const SCAN_MS = 1000;
/** A process just born may still carry its parent's name: it is read anew in this many scans. */
const YOUNG_SCANS = 3;
/** Old ones may take another name: each is read anew in one of so many scans. */
const OLD_SCANS = 16;
/** Processes read before others have their turn: some 5 ms. */
const PORTION = 250;

interface Known extends Identity {
  scans: number;
}

interface Wanted {
  readonly tracker: TrackerOf<'process'>;
  readonly program: string;
  readonly tell: Tell;
  readonly pids: Set<number>;
}

/** Up: as many processes of a name run as should. Births are seen by looking through /proc every second, ends at once. */
export function trackProcesses(parts: KindParts): Kind<'process'> {
  let scanner: Scanner | undefined;
  return {
    watch(tracker, tell) {
      scanner ??= new Scanner(parts);
      const mine = scanner;
      const wanted = { tracker, program: resolved(tracker.process), tell, pids: new Set<number>() };
      mine.add(wanted);
      return () => {
        if (mine.remove(wanted) > 0) return;
        mine.stop();
        scanner = undefined;
      };
    },
  };
}

/** /proc names files without links on the way. */
function resolved(program: string): string {
  try {
    return program.startsWith('/') ? realpathSync(program) : program;
  } catch {
    return program;
  }
}

class Scanner {
  readonly #parts: KindParts;
  readonly #exits: ExitsPort;
  readonly #wanted = new Set<Wanted>();
  readonly #known = new Map<number, Known>();
  /** Whose end is told. */
  readonly #watched = new Set<number>();
  #scans = 0;
  #complete = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: KindParts) {
    this.#parts = parts;
    this.#exits = parts.openExits((pid) => this.#ended(pid));
    this.#timer = setTimeout(() => void this.#scan(), 0);
  }

  add(wanted: Wanted): void {
    this.#wanted.add(wanted);
    for (const [pid, identity] of this.#known) this.#consider(wanted, pid, identity);
    this.#tell(wanted);
  }

  remove(wanted: Wanted): number {
    this.#wanted.delete(wanted);
    for (const pid of wanted.pids) this.#unwatchUnused(pid);
    return this.#wanted.size;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#exits.close();
  }

  async #scan(): Promise<void> {
    this.#scans++;
    try {
      const pids = listPids(this.#parts.proc);
      const matched = new Set([...this.#wanted].flatMap((wanted) => [...wanted.pids]));
      for (let i = 0; i < pids.length; i++) {
        if (i % PORTION === PORTION - 1) await new Promise(setImmediate);
        if (this.#stopped) return;
        const pid = pids[i] ?? 0;
        this.#look(pid, matched.has(pid));
      }
      const present = new Set(pids);
      for (const pid of this.#known.keys()) if (!present.has(pid)) this.#forget(pid);
      this.#complete = true;
      for (const wanted of this.#wanted) this.#tell(wanted);
    } catch (error) {
      for (const { tell } of this.#wanted) tell(unknown(`processes cannot be listed: ${String(error)}`));
    }
    this.#timer = setTimeout(() => void this.#scan(), SCAN_MS);
  }

  #look(pid: number, matched: boolean): void {
    const before = this.#known.get(pid);
    const due = !before || before.scans < YOUNG_SCANS || (pid + this.#scans) % OLD_SCANS === 0;
    if (!due && !matched) return;
    const identity = readIdentity(this.#parts.proc, pid);
    if (!identity) {
      this.#forget(pid);
      return;
    }
    const scans = before?.started === identity.started ? before.scans + 1 : 0;
    this.#known.set(pid, { ...identity, scans });
    for (const wanted of this.#wanted) this.#consider(wanted, pid, identity);
  }

  #isWanted(pid: number): boolean {
    return [...this.#wanted].some(({ pids }) => pids.has(pid));
  }

  #consider(wanted: Wanted, pid: number, identity: Identity): void {
    if (isProgram(identity, wanted.program) && this.#isAlive(pid, identity)) wanted.pids.add(pid);
    else if (wanted.pids.delete(pid)) this.#unwatchUnused(pid);
  }

  /** From here on its end is told, unless this system cannot. */
  #isAlive(pid: number, { started }: Identity): boolean {
    if (this.#watched.has(pid)) return true;
    const added = this.#exits.add(pid);
    if (added === 'unsupported') return true;
    // The number may have gone to another process just now.
    if (added === 'gone' || readIdentity(this.#parts.proc, pid)?.started !== started) return false;
    this.#watched.add(pid);
    return true;
  }

  #unwatchUnused(pid: number): void {
    if (!this.#isWanted(pid) && this.#watched.delete(pid)) this.#exits.remove(pid);
  }

  #ended(pid: number): void {
    this.#watched.delete(pid);
    this.#forget(pid);
    for (const wanted of this.#wanted) this.#tell(wanted);
  }

  #forget(pid: number): void {
    this.#known.delete(pid);
    for (const { pids } of this.#wanted) pids.delete(pid);
    this.#unwatchUnused(pid);
  }

  #tell({ tracker, pids, tell }: Wanted): void {
    if (this.#complete) tell(stateOf(tracker, pids.size));
  }
}

function stateOf({ min, max }: TrackerOf<'process'>, count: number): TrackerState {
  const runs = count === 1 ? '1 runs' : count === 0 ? 'none runs' : `${count} run`;
  if (count < min) return found(false, min === 1 ? 'it does not run' : `${runs}, ${min} must`);
  if (max !== null && count > max) return found(false, `${runs}, ${max} may`);
  return found(true, runs);
}
