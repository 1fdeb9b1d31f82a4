import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { HIDDEN, hideInValue } from '../../config/hidden.ts';
import type { ConfigIssue as FoundIssue } from '../../config/issue.ts';
import { differenceSteps } from '../../config/reload.ts';
import { type Config, configSchema } from '../../config/schema.ts';
import { type LoadedConfig, sourceOf, unreadable } from '../../daemon/config-file.ts';
import type { ConfigReader } from '../../daemon/config-reader.ts';
import { objectOf } from '../../decide/explain.ts';
import type { Fate } from '../../decide/fate.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { ConfigIssue, ReloadStatus } from '../operations.ts';
import { refusalOf, refuse } from '../problem.ts';
import type { configRoutes } from '../routes/config.ts';
import { type HandlersOf, type Parts, Revised } from './parts.ts';

/** What a text that is sent is called in what is said of it. */
const SENT = 'the text';

export function configHandlers({ director }: Parts): HandlersOf<typeof configRoutes> {
  const revised = <T>(body: T): Revised<T> => new Revised(body, director.store.get().revision);
  const reloaded = (accepted: boolean): ReloadStatus => {
    const { refusedReload, revision, reloadNotes } = director.store.get();
    return { accepted, text: refusedReload ?? `revision ${revision}`, notes: accepted ? [...reloadNotes] : [] };
  };
  let shown: Shown | undefined;
  return {
    getConfig: async () => {
      const { config, file } = director.store.get();
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw unreadable(file, error);
      });
      if (shown?.of !== config || shown.from !== text)
        shown = { of: config, from: text, ...(await show(director.reader, config, text, file)) };
      const { edited, hidden, expanded } = shown;
      const { revision } = director.store.get();
      return revised({ revision, file, text: hidden, edited, writable: config.director.writable, config: expanded });
    },
    validateConfig: async ({ body }) => {
      const taken = await director.reader.read(body, SENT);
      if (!taken.ok && taken.error.issues.length === 0) throw taken.error.error;
      return taken.ok
        ? { valid: true, errors: [], warnings: taken.value.warnings.map(issueOf) }
        : { valid: false, errors: taken.error.issues.map(issueOf), warnings: [] };
    },
    replaceConfig: async ({ body }, caller) => {
      if (body.includes(HIDDEN))
        throw refuse('usage', { detail: `the text says "${HIDDEN}" where a secret was: put the secret there` });
      await director.configuration.replace(await valid(director.reader, body), body, {
        by: caller.name,
        ifRevision: caller.ifMatch,
      });
      return revised(reloaded(true));
    },
    planConfig: async ({ body }, caller) => {
      director.configuration.matchRevision(caller.ifMatch);
      const { config, warnings } = await valid(director.reader, body);
      const { plan, fates } = await director.configuration.dryRun(config);
      const clients: Fate[] = [];
      for (const fate of fates) {
        clients.push(fate);
        await turn();
      }
      const { config: present, revision } = director.store.get();
      return revised({
        revision,
        ops: plan.ops.map((op) => ({ kind: op.kind, what: objectOf(op), why: op.why })),
        clients,
        notes: plan.notes,
        warnings: warnings.map(issueOf),
        ...(await inTurns(differenceSteps(present, config))),
      });
    },
    reloadConfig: async () => reloaded(await director.reload()),
  };
}

/** What is told of a configuration and the text that its file has now. To make it costs more than to tell it. */
interface Shown {
  readonly of: Config;
  readonly from: string;
  readonly edited: boolean;
  readonly hidden: string;
  readonly expanded: Readonly<Record<string, unknown>>;
}

async function show(
  reader: ConfigReader,
  config: Config,
  text: string,
  file: string,
): Promise<Pick<Shown, 'edited' | 'hidden' | 'expanded'>> {
  const expanded = await inTurns(expand(config));
  return {
    edited: text !== sourceOf(config) && !(await sameConfig(await reader.read(text, file), expanded)),
    hidden: await reader.hide(text, file),
    expanded: (await inTurns(hide(expanded))) as Shown['expanded'],
  };
}

async function sameConfig(present: Awaited<ReturnType<ConfigReader['read']>>, expanded: object): Promise<boolean> {
  if (!present.ok && present.error.error.code === 'config-unchecked') throw present.error.error;
  return present.ok && JSON.stringify(await inTurns(expand(present.value.config))) === JSON.stringify(expanded);
}

/** A configuration as its file could say it, a row of a list at a time. */
function* expand(config: Config): Generator<void, Readonly<Record<string, unknown>>> {
  const expanded: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const schema = configSchema.shape[key as keyof Config];
    if (!Array.isArray(value)) {
      expanded[key] = z.encode(schema as z.ZodType, value);
      continue;
    }
    const rows: unknown[] = [];
    for (const row of value) {
      rows.push(...(z.encode(schema as z.ZodType, [row]) as unknown[]));
      yield;
    }
    expanded[key] = rows;
  }
  return expanded;
}

function* hide(expanded: Readonly<Record<string, unknown>>): Generator<void, Readonly<Record<string, unknown>>> {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(expanded)) {
    const rows: unknown[] = [];
    for (const row of Array.isArray(value) ? value : [value]) {
      rows.push(hideInValue(row));
      yield;
    }
    shown[key] = Array.isArray(value) ? rows : rows[0];
  }
  return shown;
}

const issueOf = ({ line, column, code, message, fix }: FoundIssue): ConfigIssue => ({
  ...{ line, column, code, message },
  ...(fix !== undefined && { fix }),
});

/** The configuration of a text; throws a refusal with every mistake. */
async function valid(reader: ConfigReader, text: string): Promise<LoadedConfig> {
  const taken = await reader.read(text, SENT);
  if (taken.ok) return taken.value;
  const errors = taken.error.issues.map(({ line, column, message }) => ({ path: 'body', message, line, column }));
  throw refusalOf(taken.error.error, { errors });
}
