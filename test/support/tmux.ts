import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A terminal that a person would sit at: a shell in a tmux server of its own. */
export class Tmux {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fairlead-tmux-'));

  constructor(columns: number, rows: number, env: Readonly<Record<string, string>> = {}) {
    const shell = [
      'env',
      ...Object.entries({ PS1: 'ready> ', ...env }).map(([name, value]) => `${name}=${value}`),
      'sh',
      '-i',
    ];
    this.#tmux('-u', '-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), ...shell);
  }

  /** Text as it is, or keys by tmux's names (`Enter`, `Down`). */
  type(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is seen now. */
  screen(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** Colours and attributes included. */
  coloured(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** Pid of the shell. */
  get pid(): number {
    return Number(this.#tmux('display-message', '-p', '#{pane_pid}'));
  }

  /** Waits until the screen shows it; the limit is for a hanging test, not a measure. */
  async shows(what: RegExp, limitMs = 20_000): Promise<string> {
    const limit = Date.now() + limitMs;
    for (;;) {
      const screen = this.screen();
      if (what.test(screen)) return screen;
      if (Date.now() > limit) throw new Error(`never shown: ${what}; this is:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  stop(): void {
    this.#tmux('kill-server');
    rmSync(this.#folder, { recursive: true });
  }

  #tmux(...words: readonly string[]): string {
    return execFileSync('tmux', ['-S', join(this.#folder, 'socket'), ...words], { encoding: 'utf8' });
  }
}
