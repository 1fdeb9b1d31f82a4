import type { Clock } from '../base/clock.ts';
import { failure } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatIssue } from '../config/issue.ts';
import { differenceSteps } from '../config/reload.ts';
import type { Config } from '../config/schema.ts';
import { desireSteps, keptSteps } from '../decide/desire.ts';
import { type DryRun, dryRunSteps } from '../decide/dry-run.ts';
import { clientFates, type Fate, fateInWords } from '../decide/fate.ts';
import { foreseenSteps } from '../decide/judgement.ts';
import { orphanInWords, orphansOf } from '../decide/overrides.ts';
import { inTurns, turn } from '../kernel/turns.ts';
import type { Desired } from '../model/desired.ts';
import type { KernelDump } from '../model/observed.ts';
import type { KernelPorts } from './apply.ts';
import { type LoadedConfig, replaceConfigFile } from './config-file.ts';
import { type ConfigReader, loadWith } from './config-reader.ts';
import type { Elections } from './elections.ts';
import type { HealthDriver } from './health/driver.ts';
import type { OverrideAsk } from './overrides.ts';
import { explained, preflight } from './preflight.ts';
import type { Reconciler } from './reconciler.ts';
import type { Store } from './store.ts';

/** A configuration that can run here. */
interface Accepted {
  readonly config: Config;
  readonly desired: Desired;
  readonly dump: KernelDump;
  /** What differs from the one that runs. */
  readonly live: readonly string[];
  readonly warnings: readonly string[];
}

interface ConfigKeeperParts {
  readonly ports: KernelPorts;
  readonly reader: ConfigReader;
  readonly clock: Clock;
  readonly store: Store;
  readonly reconciler: Reconciler;
  readonly health: HealthDriver;
  readonly elections: Elections | null;
  /** Runs after every change of what is wanted that was asked for before. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The only one who changes the configuration that runs: from its file, or from a text that becomes its file. */
export class ConfigKeeper {
  readonly #parts: ConfigKeeperParts;

  constructor(parts: ConfigKeeperParts) {
    this.#parts = parts;
  }

  /** Takes the file anew. A file that is wrong, needs a restart, or asks for what the kernel lacks changes nothing. */
  reload(): Promise<boolean> {
    return this.#parts.inTurn(() => this.#reload());
  }

  async #reload(): Promise<boolean> {
    const loaded = await loadWith(this.#parts.reader, this.#parts.store.get().file);
    if (!loaded.ok) return this.#refuse([loaded.error.error.message, ...loaded.error.issues.map(formatIssue)]);
    const judged = await this.#judge(loaded.value);
    if (!judged.ok) return this.#refuse(judged.error);
    await this.#take(judged.value);
    return true;
  }

  /** Makes a text the configuration: it is in the file, durable, and runs when this resolves. Rejects, and then nothing has
   *  changed, with `config-fixed` where the file does not permit it, `revision-required`, `revision-stale`, `config-edited`,
   *  `config-refused` or `config-unwritable`. */
  replace(proposed: LoadedConfig, text: string, { by, ifRevision }: OverrideAsk): Promise<void> {
    return this.#parts.inTurn(async () => {
      const { config, file, revision } = this.#parts.store.get();
      if (!config.director.writable) throw failure('config-fixed', { file });
      if (ifRevision === undefined) throw failure('revision-required', { what: 'the configuration' });
      this.matchRevision(ifRevision);
      const present = await loadWith(this.#parts.reader, file);
      if (!present.ok && present.error.error.code === 'config-unchecked') throw present.error.error;
      const { live, restart } = present.ok
        ? await inTurns(differenceSteps(config, present.value.config))
        : { live: [file], restart: [] };
      if (live.length + restart.length > 0) throw failure('config-edited', { file });
      const judged = await this.#judge(proposed);
      if (!judged.ok) throw failure('config-refused', { reasons: judged.error.join('; ') });
      await replaceConfigFile(file, text);
      this.#parts.store.tell('operator', `${file} was replaced by ${by}, made of revision ${revision}`);
      await this.#take(judged.value);
    });
  }

  /** Throws `revision-stale` when what runs is at none of these revisions of the configuration. */
  matchRevision(revisions: readonly number[] | undefined): void {
    const { revision } = this.#parts.store.get();
    if (revisions === undefined || revisions.includes(revision)) return;
    const expected = revisions.join(' or ') || 'unknown';
    throw failure('revision-stale', { what: 'the configuration', current: revision, expected });
  }

  /** What this configuration would change now. */
  async dryRun(config: Config): Promise<DryRun> {
    const dump = await explained(() => this.#parts.reconciler.observe({ stats: false }));
    const { overrides } = this.#parts.store.get();
    const { judgement, policy } = this.#parts.reconciler;
    return inTurns(dryRunSteps(config, { overrides, judgement, policy }, dump));
  }

  /** Whether a configuration can take the place of the one that runs, or every reason why not. */
  async #judge({ config, warnings }: LoadedConfig): Promise<Result<Accepted, readonly string[]>> {
    const { config: before, desired: desiredBefore, overrides, revision } = this.#parts.store.get();
    const difference = await inTurns(differenceSteps(before, config));
    if (difference.restart.length > 0) return err([`${difference.restart.join(', ')} can only change with a restart`]);
    const wanted = await inTurns(desireSteps(config, overrides, revision + 1));
    const desired = await inTurns(keptSteps(desiredBefore, wanted));
    try {
      const dump = await this.#parts.reconciler.observe({ stats: false });
      await turn();
      const problems = await preflight(this.#parts.ports, desired, dump);
      if (problems.length > 0) return err(problems.map((problem) => `${problem.message}; ${problem.fix}`));
      return ok({ config, desired, dump, live: difference.live, warnings: warnings.map(formatIssue) });
    } catch (error) {
      return err([`the kernel cannot be asked: ${String(error)}`]);
    }
  }

  async #take({ config, desired, dump, live, warnings }: Accepted): Promise<void> {
    const { desired: desiredBefore, overrides, revision } = this.#parts.store.get();
    await turn();
    const { end } = await inTurns(foreseenSteps(desired, this.#parts.reconciler.judgement, dump));
    const orphans = orphansOf(overrides, desired).map(orphanInWords);
    const reloadNotes = [...warnings, ...orphans, ...(await fatesInWords(clientFates(end, dump, desired)))];
    await this.#parts.health.prepare(desired);
    this.#parts.store.set({ config, revision: revision + 1, desired, refusedReload: null, reloadNotes });
    this.#parts.store.counts.reload(true, this.#parts.clock.wall());
    for (const note of reloadNotes) this.#parts.store.tell('config', note);
    this.#parts.store.tell('config', `revision ${revision + 1}: ${changesInWords(live)}`);
    this.#parts.health.sync(desiredBefore, desired, new Set());
    await turn();
    await this.#parts.reconciler.settle();
    await this.#parts.elections?.sync(desired);
  }

  #refuse(lines: readonly string[]): false {
    const text = lines.join('\n');
    this.#parts.store.set({ refusedReload: text });
    this.#parts.store.counts.reload(false, this.#parts.clock.wall());
    this.#parts.store.tell('problem', `reload refused, nothing changed: ${text}`);
    return false;
  }
}

const TOLD_FATES = 10;

/** The first few, since each takes some 80 ms with mh; between them the health checks have their turn. */
async function fatesInWords(fates: Iterable<Fate>): Promise<string[]> {
  const lines: string[] = [];
  for (const fate of fates) {
    if (lines.length === TOLD_FATES)
      return [...lines, 'further services change too; `fairlead plan FILE` tells of all'];
    lines.push(fateInWords(fate));
    await turn();
  }
  return lines;
}

const changesInWords = (paths: readonly string[]): string =>
  paths.length === 0
    ? 'nothing changed'
    : `${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`;
