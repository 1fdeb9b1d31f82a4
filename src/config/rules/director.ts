import { firstOf, type Rule } from './rule.ts';
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
      const rows = config.addresses.map((row, index) => ({
        key: `${row.address.address} on ${row.interface}`,
        path: ['addresses', index],
      }));
      yield* firstOf(rows, (key) => `address ${key} is listed twice`);
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
