import type { Path } from '../issue.ts';
import type { Rule } from './rule.ts';
import { notUnicast } from './unicast.ts';

export const DIRECTOR_RULES: readonly Rule[] = [
  {
    code: 'same-path',
    *find({ config: { director } }) {
      if (director.socket !== director.state) return;
      yield {
        path: ['director', 'state'],
        message: `state: ${director.state} is also director.socket`,
        related: [{ path: ['director', 'socket'], message: 'the socket is here' }],
      };
    },
  },
  {
    code: 'duplicate-address',
    *find({ config }) {
      const first = new Map<string, Path>();
      for (const [index, row] of config.addresses.entries()) {
        const path = ['addresses', index];
        const key = `${row.address.address} on ${row.interface}`;
        const before = first.get(key);
        if (before === undefined) first.set(key, path);
        else
          yield {
            path,
            message: `address ${key} is listed twice`,
            related: [{ path: before, message: 'the first one is here' }],
          };
      }
    },
  },
  {
    code: 'not-unicast',
    *find({ config }) {
      for (const [index, row] of config.addresses.entries()) {
        const why = notUnicast(row.address.address);
        // An interface may hold a link-local address; only packets from elsewhere cannot ask for it.
        if (why !== undefined && why !== 'a link-local address')
          yield {
            path: ['addresses', index, 'address'],
            message: `address: ${row.address.address} is ${why}; no interface can hold it`,
          };
      }
    },
  },
];
