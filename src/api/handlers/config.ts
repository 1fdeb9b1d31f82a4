import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { HIDDEN, hideInText, hideInValue } from '../../config/hidden.ts';
import type { ConfigIssue as FoundIssue } from '../../config/issue.ts';
import { reloadDifference } from '../../config/reload.ts';
import { configSchema } from '../../config/schema.ts';
import { type LoadedConfig, takeConfig } from '../../daemon/config-file.ts';
import { objectOf } from '../../decide/explain.ts';
import type { Fate } from '../../decide/fate.ts';
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
  return {
    getConfig: async () => {
      const { config, file, revision } = director.store.get();
      const text = readFileSync(file, 'utf8');
      const present = takeConfig(text, file);
      const expanded = z.encode(configSchema, config);
      const edited =
        !present.ok || JSON.stringify(z.encode(configSchema, present.value.config)) !== JSON.stringify(expanded);
      return revised({
        revision,
        file,
        text: hideInText(text),
        edited,
        writable: config.director.writable,
        config: hideInValue(expanded) as Readonly<Record<string, unknown>>,
      });
    },
    validateConfig: async ({ body }) => {
      const taken = takeConfig(body, SENT);
      return taken.ok
        ? { valid: true, errors: [], warnings: taken.value.warnings.map(issueOf) }
        : { valid: false, errors: taken.error.issues.map(issueOf), warnings: [] };
    },
    replaceConfig: async ({ body }, caller) => {
      if (body.includes(HIDDEN))
        throw refuse('usage', { detail: `the text says "${HIDDEN}" where a secret was: put the secret there` });
      await director.replaceConfig(valid(body), body, { by: caller.name, ifRevision: caller.ifMatch });
      return revised(reloaded(true));
    },
    planConfig: async ({ body }, caller) => {
      director.matchRevision(caller.ifMatch);
      const { config, warnings } = valid(body);
      const { plan, fates } = await director.dryRun(config);
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
        ...reloadDifference(present, config),
      });
    },
    reloadConfig: async () => reloaded(await director.reload()),
  };
}

const issueOf = ({ line, column, code, message, fix }: FoundIssue): ConfigIssue => ({
  ...{ line, column, code, message },
  ...(fix !== undefined && { fix }),
});

/** The configuration of a text; throws a refusal with every mistake. */
function valid(text: string): LoadedConfig {
  const taken = takeConfig(text, SENT);
  if (taken.ok) return taken.value;
  const errors = taken.error.issues.map(({ line, column, message }) => ({ path: 'body', message, line, column }));
  throw refusalOf(taken.error.error, { errors });
}
