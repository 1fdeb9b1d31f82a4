import type { Finding } from './issue.ts';
import { API_RULES } from './rules/api.ts';
import { CHECK_KIND_RULES } from './rules/check-kinds.ts';
import { CHECK_SYN_RULES } from './rules/check-syn.ts';
import { CHECK_RULES } from './rules/checks.ts';
import { DIRECTOR_RULES } from './rules/director.ts';
import { FORWARDING_RULES } from './rules/forwarding.ts';
import { HEALTH_RULES } from './rules/health.ts';
import { INSTANCE_RULES } from './rules/instances.ts';
import { LISTENER_RULES } from './rules/listeners.ts';
import { PERSISTENCE_RULES } from './rules/persistence.ts';
import { type Rule, scopeOf } from './rules/rule.ts';
import { SCHEDULING_RULES } from './rules/scheduling.ts';
import { SERVER_RULES } from './rules/servers.ts';
import { SYNC_RULES } from './rules/sync.ts';
import type { Config } from './schema.ts';
import type { Tree } from './tree.ts';

export const RULES: readonly Rule[] = [
  ...DIRECTOR_RULES,
  ...LISTENER_RULES,
  ...SERVER_RULES,
  ...FORWARDING_RULES,
  ...SCHEDULING_RULES,
  ...PERSISTENCE_RULES,
  ...CHECK_RULES,
  ...CHECK_KIND_RULES,
  ...CHECK_SYN_RULES,
  ...HEALTH_RULES,
  ...SYNC_RULES,
  ...INSTANCE_RULES,
  ...API_RULES,
];

/** What is wrong with settings that are each fine. `config` is what the schema made of `tree`. */
export function judge(config: Config, tree: Tree): Finding[] {
  const scope = scopeOf(config, tree);
  return RULES.flatMap((rule) => [...rule.find(scope)].map((finding) => ({ code: rule.code, ...finding })));
}
