import { familyOf } from '../../base/ip.ts';
import { mixesFamilies } from '../../model/service.ts';
import { everyTarget, perService, type Rule } from './rule.ts';
import { isMulticast } from './unicast.ts';

const HERE = ['director', 'sync'];
/** The longest UDP payload of an IPv4 packet is the schema's bound; an IPv6 header is 20 bytes longer. */
const LONGEST6 = 65487;

export const SYNC_RULES: readonly Rule[] = [
  {
    code: 'not-multicast',
    *find({ config: { director } }) {
      if (director.sync === undefined || isMulticast(director.sync.group)) return;
      yield {
        path: [...HERE, 'group'],
        message: `group: ${director.sync.group} is not a multicast address; the kernel syncs connections to a group only`,
        fix: 'remove group, or write one such as 224.0.0.81 or ff02::81',
      };
    },
  },
  {
    code: 'sync-length',
    *find({ config: { director } }) {
      const { group = '', maxLength = 0 } = director.sync ?? {};
      if (maxLength <= LONGEST6 || familyOf(group) === 'inet') return;
      yield {
        path: [...HERE, 'maxLength'],
        message: `maxLength: ${maxLength} bytes do not fit into one datagram to ${group}; at most ${LONGEST6} do`,
      };
    },
  },
  perService('sync-families', function* (scope, { config }) {
    if (config.director.sync === undefined) return;
    for (const { at, path, forward, forwardKnown } of everyTarget(scope)) {
      const other = scope.listeners.find(({ id }) => mixesFamilies(id, at));
      if (forward !== 'tunnel' || other === undefined || !forwardKnown()) continue;
      yield {
        path: [...path, 'address'],
        message: `address: ${at.address} would serve ${other.key}, which is of the other address family; the kernel cannot sync connections then, and refuses such a server while a sync daemon runs`,
        fix: 'remove director.sync, or make a service for each address family',
        related: [
          { path: other.path, message: 'the listener is here' },
          { path: HERE, message: 'sync is here' },
        ],
      };
    }
  }),
];
