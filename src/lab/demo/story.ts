import type { Status } from '../../api/operations.ts';
import type { OpenedLab } from '../lab.ts';
import type { Box } from './box.ts';
import type { Phase } from './tally.ts';

export const VICTIM = 'web2';
const VICTIM_ADDRESSES = ['10.0.2.12', 'fd00:2::12'];

/** When each thing is done, as a share of the whole. The last step leaves time for a daemon to start on a slow machine. */
const SCRIPT = { killServer: 0.15, reviveServer: 0.35, killMaster: 0.6, startMaster: 0.7 };
const WHOLE_MS = 60_000;
/** A slow machine gets this much longer for each turn of the story. */
const PATIENCE_MS = 60_000;
const HOME_MS = 2000;

/** The deaths and the returns, and where in between we are, judged by what the directors' statuses say. */
export class Story {
  phase: Phase = 'starting';
  readonly #lab: OpenedLab;
  readonly #boxes: { readonly master: Box; readonly standby: Box };
  readonly #forMs: number | null;
  readonly #tell: (text: string) => void;
  /** From the kill to the first status without the victim; a status comes once a second. */
  outAfterMs: number | null = null;
  #startedAt = performance.now();
  #killedAt = 0;

  constructor(parts: {
    lab: OpenedLab;
    boxes: { readonly master: Box; readonly standby: Box };
    forMs: number | null;
    tell: (text: string) => void;
  }) {
    this.#lab = parts.lab;
    this.#boxes = parts.boxes;
    this.#forMs = parts.forMs;
    this.#tell = parts.tell;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** The phase changes only once the status that proves it was seen. */
  see(status: Status, box: Box): void {
    const { master, standby } = this.#boxes;
    if (this.phase === 'failing' && standby.isMaster) this.phase = 'taken';
    if (this.phase === 'returning' && master.isMaster && !standby.isMaster) this.phase = 'home';
    if (box !== master) return;
    const weights = victimWeights(status);
    if (this.phase === 'dying' && weights.length === 0) {
      this.phase = 'out';
      this.outAfterMs = performance.now() - this.#killedAt;
    }
    if (this.phase === 'reviving' && weights.length >= VICTIM_ADDRESSES.length && weights.every((weight) => weight > 0))
      this.phase = 'back';
  }

  async play(config: string, over: AbortSignal): Promise<void> {
    const { master } = this.#boxes;
    this.#startedAt = performance.now();
    this.phase = 'before';
    if (await this.#until(SCRIPT.killServer, 'before', over)) return;
    this.phase = 'dying';
    this.#tell(`killing nginx on ${VICTIM}`);
    await this.#lab.process(VICTIM, 'nginx', 'kill');
    this.#killedAt = performance.now();
    if (await this.#until(SCRIPT.reviveServer, 'out', over)) return;
    this.#tell(`starting nginx on ${VICTIM} again`);
    this.phase = 'reviving';
    await this.#lab.process(VICTIM, 'nginx', 'start');
    if (await this.#until(SCRIPT.killMaster, 'back', over)) return;
    this.#tell(`killing Fairlead on ${master.name}, which is master (SIGKILL)`);
    this.phase = 'failing';
    await master.kill();
    if (await this.#until(SCRIPT.startMaster, 'taken', over)) return;
    this.#tell(`starting Fairlead on ${master.name} again`);
    this.phase = 'returning';
    await master.start(config);
    if (await this.#until(1, 'home', over)) return;
    if (this.#forMs === null) await this.#sleep(Number.POSITIVE_INFINITY, over);
    // The last phase is judged too, so it has to last a while.
    else await this.#sleep(this.elapsedMs() + HOME_MS, over);
  }

  /** Waits for a share of the whole, and then for a phase. True when the demo is over. */
  async #until(share: number, phase: Phase, over: AbortSignal): Promise<boolean> {
    const due = (this.#forMs ?? WHOLE_MS) * share;
    if (await this.#sleep(due, over)) return true;
    while (this.phase !== phase && this.elapsedMs() < due + PATIENCE_MS)
      if (await this.#sleep(this.elapsedMs() + 200, over)) return true;
    return over.aborted;
  }

  /** True when the demo is over. */
  #sleep(untilMs: number, over: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (over.aborted) return resolve(true);
      const longest = 2 ** 31 - 1;
      const timer = setTimeout(() => resolve(false), Math.min(longest, Math.max(0, untilMs - this.elapsedMs())));
      over.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

/** The kernel's weights for the victim, one for each of its destinations that is in the table. */
const victimWeights = ({ services }: Status): number[] =>
  services
    .flatMap(({ listeners }) => listeners.flatMap(({ destinations }) => destinations))
    .filter(({ address }) => VICTIM_ADDRESSES.includes(address))
    .map(({ weight }) => weight);
