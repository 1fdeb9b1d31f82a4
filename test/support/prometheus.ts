import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { freePort } from './free-port.ts';

/** Debian's Prometheus, which set-up unpacks, in this process's network namespace. */

export const PROMETHEUS_FOLDER = join(ROOT_DIRECTORY, '.cache/prometheus');

/** One series of an answer: its labels, and its newest value as text. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: string;
}

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: 'inactive' | 'pending' | 'firing';
}

const PATIENCE_MS = 120_000;

export class Prometheus {
  readonly #folder: string;
  readonly #url: string;
  readonly #log: string[];
  readonly #end: () => Promise<void>;

  private constructor(folder: string, url: string, log: string[], end: () => Promise<void>) {
    this.#folder = folder;
    this.#url = url;
    this.#log = log;
    this.#end = end;
  }

  /** Starts it with a configuration; further files are in its folder by these names. */
  static async start(
    config: Readonly<Record<string, unknown>>,
    files: Readonly<Record<string, string>> = {},
  ): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-prometheus-'));
    for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': stringify(config) }))
      writeFileSync(join(folder, name), text);
    const address = `127.0.0.1:${await freePort()}`;
    const place = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    const child = spawn(join(PROMETHEUS_FOLDER, 'prometheus'), [...place, `--web.listen-address=${address}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const log: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
    const ended = once(child, 'exit').catch((error: Error) => log.push(error.message));
    const started = new Prometheus(folder, `http://${address}`, log, async () => {
      child.kill('SIGTERM');
      await ended;
    });
    await started.until('Prometheus is ready', async () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error('Prometheus ended');
      return (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok ?? false;
    });
    return started;
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The series of an expression, evaluated now. */
  async query(expression: string): Promise<readonly Series[]> {
    const { result } = (await this.#ask('query', { query: expression })) as {
      result: { metric: Series['metric']; value: [number, string] }[];
    };
    return result.map(({ metric, value: [, value] }) => ({ metric, value }));
  }

  /** The values of a label among the series of a metric, as a variable of a dashboard asks for them. */
  async labelValues(label: string, metric: string): Promise<readonly string[]> {
    return (await this.#ask(`label/${label}/values`, { 'match[]': metric })) as string[];
  }

  async rules(): Promise<readonly Rule[]> {
    const { groups } = (await this.#ask('rules', {})) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  /** Waits until so many scrapes in a row of each of these targets went well. */
  scraped(targets: number, times = 4): Promise<void> {
    const expression = `count(sum_over_time(up[5m]) >= ${times})`;
    return this.until(
      'all targets are scraped',
      async () => Number((await this.query(expression))[0]?.value) === targets,
    );
  }

  /** Waits until something holds; a failure has what Prometheus said. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const limit = Date.now() + PATIENCE_MS;
    try {
      while (!(await condition())) {
        if (Date.now() > limit) throw new Error(`never happened: ${what}`);
        await sleep(100);
      }
    } catch (error) {
      const targets = await this.#ask('targets', {}).catch(() => undefined);
      const last = JSON.stringify(targets)?.match(/"lastError":"[^"]+"/g) ?? [];
      if (error instanceof Error) error.message += `\n${last.join('\n')}\n${this.#log.join('').slice(-3000)}`;
      throw error;
    }
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data, error } = (await answer.json()) as { data?: unknown; error?: string };
    if (error !== undefined) throw new Error(`Prometheus refuses ${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }
}

/** The expressions of a Grafana dashboard, with its placeholders filled in as Grafana does. */
export function expressionsOf(file: string, placeholders: Readonly<Record<string, string>>): string[] {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: { targets?: { expr: string }[] }[] };
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => Object.entries(placeholders).reduce((text, [name, value]) => text.replaceAll(name, value), expr));
}

/** The selectors of an expression, each as an expression of its own that has data when the selector has. */
export const selectorsOf = (expression: string): string[] =>
  (expression.match(/\bfairlead_\w+(\{[^}]*\})?(\[\w+\])?/g) ?? []).map((selector) =>
    selector.endsWith(']') ? `count_over_time(${selector})` : selector,
  );
