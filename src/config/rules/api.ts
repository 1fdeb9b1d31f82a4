import type { Rule } from './rule.ts';

const HOLDERS = ['user', 'group'] as const;

export const API_RULES: readonly Rule[] = [
  {
    code: 'role-holder',
    *find({ config, complete }) {
      for (const [index, row] of config.api.roles.entries()) {
        const path = ['api', 'roles', index];
        const named = HOLDERS.filter((kind) => row[kind] !== undefined);
        if (named.length === 1 || !complete(path)) continue;
        const found = named.length === 0 ? 'none' : named.join(' and ');
        yield { path, message: `expected exactly one of ${HOLDERS.join(', ')}, got ${found}` };
      }
    },
  },
];
