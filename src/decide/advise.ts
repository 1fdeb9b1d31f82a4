import { ok, type Result } from '../base/result.ts';
import type { ConfigIssue, Finding } from '../config/issue.ts';
import { type ParsedConfig, parseConfig } from '../config/parse.ts';
import type { Config } from '../config/schema.ts';
import type { TargetService } from '../model/desired.ts';
import { NO_OVERRIDES } from '../model/override.ts';
import { serviceFamily } from '../model/service.ts';
import { policyOf } from '../scheduling/index.ts';
import type { Warning } from '../scheduling/warnings.ts';
import { desire } from './desire.ts';
import { gate } from './gate.ts';
import { takenAsUp } from './taken-as-up.ts';

/** Reads a file as parseConfig does, and adds what its author may not expect of the table that comes of it. */
export function readConfig(text: string, file: string): Result<ParsedConfig, ConfigIssue[]> {
  const parsed = parseConfig(text, file);
  if (!parsed.ok) return parsed;
  const { config, warnings, locate } = parsed.value;
  const all = [...warnings, ...advise(config).map(locate)];
  return ok({ ...parsed.value, warnings: all.sort((a, b) => a.line - b.line || a.column - b.column) });
}

/** The traps of the schedulers in this configuration, with every server up: each once for a service. */
export function advise(config: Config): Finding[] {
  const desired = desire(config, NO_OVERRIDES, 1);
  const places = new Map(config.services.map(({ name }, index) => [name, index]));
  const found = new Map<string, Finding>();
  for (const entry of gate(desired, takenAsUp(desired)).services) {
    for (const { trap, message } of warningsOf(entry)) {
      const key = `${entry.name} ${trap}`;
      const path = ['services', places.get(entry.name) ?? 0, 'scheduler'];
      if (!found.has(key)) found.set(key, { code: trap, path, message: `scheduler of "${entry.name}": ${message}` });
    }
  }
  return [...found.values()];
}

function warningsOf({ service, destinations }: TargetService): Warning[] {
  const candidates = destinations.map(({ destination }) =>
    // It is made with this weight, so it never had another one.
    destination.weight > 0 ? destination : { ...destination, lastWeight: 0 },
  );
  const family = serviceFamily(service.id);
  return policyOf(service.scheduler)?.warnings({ candidates, family, flags: service.schedulerFlags }) ?? [];
}
