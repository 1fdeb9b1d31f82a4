import type { LoadReport } from './load.ts';

/** Of the story: first a server dies and comes back, then the director that is master does. */
export type Phase =
  | 'starting'
  | 'before'
  | 'dying'
  | 'out'
  | 'reviving'
  | 'back'
  | 'failing'
  | 'taken'
  | 'returning'
  | 'home';

/** Everything the load told, added up by phase of the story, and the judgement at the end. */
export class Tally {
  readonly #victim: string;
  readonly served = new Map<string, number>();
  readonly failed = new Map<string, number>();
  readonly #servedIn = new Map<string, number>();
  readonly #failedIn = new Map<Phase, number>();
  readonly #seen = new Set<Phase>();
  readonly #gaps = new Map<Phase, number>();
  perSecond = 0;

  constructor(victim: string) {
    this.#victim = victim;
  }

  add(report: LoadReport, phase: Phase): void {
    this.#seen.add(phase);
    this.#gaps.set(phase, Math.max(this.longestGapMs(phase), report.longestGapMs));
    let good = 0;
    for (const [server, count] of Object.entries(report.served)) {
      good += count;
      bump(this.served, server, count);
      bump(this.#servedIn, `${phase} ${server}`, count);
    }
    for (const [kind, count] of Object.entries(report.failed)) {
      bump(this.failed, kind, count);
      bump(this.#failedIn, phase, count);
    }
    this.perSecond = (good * 1000) / report.intervalMs;
  }

  total(): number {
    return sum(this.served);
  }

  failures(phase?: Phase): number {
    return phase === undefined ? sum(this.failed) : (this.#failedIn.get(phase) ?? 0);
  }

  /** The longest time that no client got an answer. */
  longestGapMs(...phases: readonly Phase[]): number {
    return Math.max(0, ...phases.map((phase) => this.#gaps.get(phase) ?? 0));
  }

  /** What went wrong with the story, in words; empty when all of it came true. */
  problems(servers: readonly string[]): string[] {
    const problems: string[] = [];
    for (const server of servers) if (!this.served.get(server)) problems.push(`${server} never served a request`);
    if (!this.#seen.has('out')) problems.push(`${this.#victim} was killed and not taken out`);
    if (!this.#seen.has('back')) problems.push(`${this.#victim} was revived and did not come back`);
    if (this.#servedIn.get(`out ${this.#victim}`))
      problems.push(`${this.#victim} still got connections after it was taken out`);
    if (this.#seen.has('back') && !this.#servedIn.get(`back ${this.#victim}`))
      problems.push(`${this.#victim} came back and served nothing`);
    if (!this.#seen.has('taken')) problems.push('the master was killed and nobody took over');
    if (!this.#seen.has('home')) problems.push('the master was started again and did not take back what was its own');
    for (const phase of ['before', 'out', 'back', 'taken', 'home'] as const) {
      if (this.failures(phase) > 0) problems.push(`${this.failures(phase)} requests failed ${PHASE_WORDS[phase]}`);
    }
    return problems;
  }
}

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  starting: 'before every server had served',
  before: 'while all servers lived',
  dying: 'between the kill and the verdict',
  out: 'while the dead server was out',
  reviving: 'while the server was coming back',
  back: 'after it was back',
  failing: 'between the death of the master and the take-over',
  taken: 'while the standby was master',
  returning: 'until the master had come back',
  home: 'after the hand-back',
};

const bump = <K>(map: Map<K, number>, key: K, by: number): void => void map.set(key, (map.get(key) ?? 0) + by);
const sum = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((total, count) => total + count, 0);
