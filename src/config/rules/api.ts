import { isLoopback } from '../../base/ip.ts';
import { firstOf, type Rule } from './rule.ts';

const HOLDERS = ['user', 'group', 'certificate'] as const;

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
  {
    code: 'api-plaintext',
    *find({ config, known }) {
      for (const [index, { address, tls, plaintext }] of config.api.listen.entries()) {
        const path = ['api', 'listen', index];
        const open = tls === undefined && !plaintext && !isLoopback(address);
        if (!open || !['address', 'tls', 'plaintext'].every((key) => known([...path, key]))) continue;
        yield {
          path: [...path, 'address'],
          message: `address: ${address} is reached from other machines and has no tls, so tokens could be read on the way`,
          fix: 'add tls: { cert: FILE, key: FILE }, listen on 127.0.0.1 or ::1, or write plaintext: true',
        };
      }
    },
  },
  {
    code: 'duplicate-api-listener',
    *find({ config }) {
      const rows = config.api.listen.map(({ address, port }, index) => ({
        key: `${address} port ${port}`,
        path: ['api', 'listen', index],
      }));
      yield* firstOf(rows, (key) => `${key} is listed twice`);
    },
  },
];
