import { formatDuration } from '../../base/duration.ts';
import { CHECK_KINDS, CHECKS } from '../checks/index.ts';
import { serverName } from '../names.ts';
import type { CheckConfig } from '../schema.ts';
import { perService, type Rule } from './rule.ts';

/** Whether a probe needs a port that somebody has to name. */
const needsPort = (check: CheckConfig): boolean =>
  CHECK_KINDS.some((kind) => check[kind] !== undefined && !['address', 'nothing'].includes(CHECKS[kind].to));

export const CHECK_RULES: readonly Rule[] = [
  perService('check-kind', function* ({ checks }, { complete }) {
    for (const { check, path } of checks) {
      const [kind, second] = CHECK_KINDS.filter((key) => check[key] !== undefined);
      if (kind === undefined && complete(path))
        yield {
          path,
          message: `check: name what is asked, one of: ${CHECK_KINDS.join(', ')}`,
          fix: 'add tcp: {}, or http: { path: / }',
        };
      if (kind !== undefined && second !== undefined)
        yield {
          path: [...path, second],
          atKey: true,
          message: `check: has ${second} as well as ${kind}; a check is one kind`,
          fix: `remove one of them`,
          related: [{ path: [...path, kind], message: `${kind} is here` }],
        };
    }
  }),
  perService('check-timing', function* ({ checks }, { known }) {
    for (const { check, path } of checks) {
      if (check.timeout <= check.every || !known([...path, 'timeout']) || !known([...path, 'every'])) continue;
      const every = formatDuration(check.every);
      yield {
        path: [...path, 'timeout'],
        message: `timeout: ${formatDuration(check.timeout)} is longer than every (${every}): probes of a server would overlap`,
        fix: `write timeout: ${every}`,
      };
    }
  }),
  perService('check-port', function* (scope, { complete, known }) {
    const { service, path, listeners, servers } = scope;
    if (listeners.length === 0 || !complete([...path, 'listen'])) return;
    let common = false;
    for (const { server, path: where, serves, forwardKnown } of servers) {
      const own = server.check !== undefined;
      const check = server.check ?? service.check;
      if (check === 'none' || check.port !== undefined || !needsPort(check) || (!own && common)) continue;
      const served = listeners.filter(({ id }) => serves(id));
      // A probe speaks TCP: to the server's port when it stands behind TCP or a mark, else to a TCP listener's own.
      const knows = served.some(({ id }) =>
        id.kind === 'address'
          ? id.protocol === 'tcp' && (id.port !== 0 || server.port !== undefined)
          : server.port !== undefined,
      );
      if (knows || served.length === 0) continue;
      const checkPath = [...(own ? where : path), 'check'];
      const settled = known([...checkPath, 'port']) && known([...where, 'port']) && known([...where, 'check']);
      if (!settled || !forwardKnown()) continue;
      common ||= !own;
      yield {
        path: checkPath,
        message: `check: which TCP port of ${serverName(server)} to ask is not known: service "${service.name}" has no TCP listener with a port`,
        fix: 'add port to the check',
        related: served.slice(0, 1).map((listener) => ({ path: listener.path, message: 'the listener is here' })),
      };
    }
  }),
];
