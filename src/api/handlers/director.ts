import { hostname } from 'node:os';
import { mayActAs } from '../../model/role.ts';
import { openapi } from '../generate/openapi.ts';
import { toldOf, toldVerdict } from '../judgement.ts';
import type { JudgementStatus, ReportPage } from '../operations.ts';
import { overridesOf } from '../overrides.ts';
import { Pieces, textsOf } from '../pieces.ts';
import type { directorRoutes } from '../routes/director.ts';
import { directorOf, refusedByKernel, statusOf, syncOf, troublesOf } from '../status.ts';
import { pageOf } from './page.ts';
import { type HandlersOf, Otherwise, type Parts } from './parts.ts';
import { freshDump, readingOf } from './reading.ts';

export function directorHandlers(parts: Parts): HandlersOf<typeof directorRoutes> {
  const { director } = parts;
  let document: ReturnType<typeof openapi> | undefined;
  return {
    getDirector: async () => {
      const lastEvent = director.store.events().at(-1)?.id ?? 0;
      return directorOf(director.store.get(), process.pid, hostname(), lastEvent);
    },
    getStatus: async () => {
      await freshDump(parts);
      return statusOf(director, await readingOf(parts), process.pid);
    },
    getJudgement: async () => {
      const { judgement } = director.reconciler;
      const { owned, ownedAddresses, ownedDaemons } = director.reconciler.policy;
      const judged = [...judgement.verdicts].map(([key, verdict]) => toldVerdict(key, verdict));
      const short = {
        ...toldOf(judgement),
        overrides: overridesOf(director.store.get()),
        ownedServices: [...owned],
        ownedAddresses: [...ownedAddresses],
        ownedDaemons: [...ownedDaemons],
      };
      return new Pieces<JudgementStatus>(short, { verdicts: textsOf(judged) });
    },
    listSyncDaemons: async () => ({ daemons: syncOf(director.store.get()) }),
    listSysctls: async () => {
      const { desired, dump } = director.store.get();
      const names = [...new Set([...Object.keys(desired.sysctls), ...Object.keys(dump?.sysctls ?? {})])].sort();
      return {
        sysctls: names.map((name) => ({
          name,
          wanted: desired.sysctls[name] ?? null,
          present: dump?.sysctls[name] ?? null,
        })),
      };
    },
    getReport: async ({ query }) => {
      const { kind, name } = query;
      const keys = director.history.keys().filter((key) => {
        const slash = key.indexOf('/');
        return (
          (kind === undefined || key.startsWith(`${kind}/`)) && (name === undefined || key.slice(slash + 1) === name)
        );
      });
      const { items, next } = pageOf(keys, (key) => key, query);
      const { at, objects } = director.history.reported(items);
      return new Pieces<ReportPage>({ at, next }, { objects: textsOf(objects) });
    },
    getOpenapi: async () => {
      document ??= openapi();
      return document;
    },
    getHealth: async () => ({ ok: true }),
    getReadiness: async (_asked, caller) => {
      const snapshot = director.store.get();
      const started = snapshot.target === null ? ['the first pass over the kernel has not ended'] : [];
      const told = (lines: readonly string[]): string[] =>
        mayActAs(caller.role, 'viewer') ? [...lines] : lines.map(() => 'told to viewers');
      const reasons = told([...started, ...refusedByKernel(snapshot)]);
      const ready = reasons.length === 0;
      const answer = { ready, reasons, problems: told(troublesOf(snapshot)) };
      return ready ? answer : new Otherwise(answer);
    },
  };
}
