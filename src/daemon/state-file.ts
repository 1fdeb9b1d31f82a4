import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { failure } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Owned } from '../decide/policy.ts';
import { replaceFileNow } from './disk.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** serviceKey of every virtual service Fairlead made or adopted. */
  services: z.array(z.string()),
  /** `INTERFACE ADDRESS/PREFIX` of every address Fairlead added. */
  addresses: z.array(z.string()),
  /** What was asked of every sync daemon Fairlead started or took over; files of older versions have none. */
  daemons: z.array(z.string()).default([]),
});

export const nothingOwned: Owned = { services: new Set(), addresses: new Set(), daemons: new Set() };

/** What is ours in the kernel, kept across restarts and crashes. Lives below /run: a reboot empties the kernel as well. */
export class StateFile {
  readonly #path: string;
  #written: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** A file that cannot be read or understood is set aside and told: guessing ownership could delete a stranger's service. */
  read(log: Log): Owned {
    try {
      return this.peek();
    } catch (error) {
      renameSync(this.#path, `${this.#path}.bad`);
      const { code, message, fix } = failure('state-unreadable', { file: this.#path, reason: String(error) }, error);
      log.warn('state-set-aside', { code, message, fix });
      return nothingOwned;
    }
  }

  /** Reads without setting anything aside; throws on a damaged file. */
  peek(): Owned {
    if (!existsSync(this.#path)) return nothingOwned;
    const state = stateSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    return {
      services: new Set(state.services),
      addresses: new Set(state.addresses),
      daemons: new Set(state.daemons),
    };
  }

  /** Durable when it returns. Called before the kernel is changed, so that no crash leaves an object nobody owns. */
  write(owned: Owned): void {
    const text = JSON.stringify({
      version: 1,
      services: [...owned.services].sort(),
      addresses: [...owned.addresses].sort(),
      daemons: [...owned.daemons].sort(),
    });
    if (text === this.#written) return;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 });
    replaceFileNow(this.#path, text);
    this.#written = text;
  }
}
