import { formatDuration } from '../../base/duration.ts';
import { familyOf } from '../../base/ip.ts';
import type { Protocol } from '../../model/service.ts';
import { intervalsOf, KIND_KEYS, membersOf, patienceOf, transportsOf } from '../check.ts';
import { CHECK_KINDS } from '../checks/index.ts';
import type { Finding, Path } from '../issue.ts';
import { serverName } from '../names.ts';
import { perService, type Rule } from './rule.ts';

function* kindsOf(
  check: Partial<Record<(typeof KIND_KEYS)[number], unknown>>,
  kinds: readonly (typeof KIND_KEYS)[number][],
  path: Path,
  complete: (path: Path) => boolean,
): Iterable<Omit<Finding, 'code'>> {
  const [kind, second] = kinds.filter((key) => check[key] !== undefined);
  if (kind === undefined && complete(path))
    yield {
      path,
      message: `check: name what is asked, one of: ${kinds.join(', ')}`,
      fix: 'add tcp: {}, or http: { path: / }',
    };
  if (kind !== undefined && second !== undefined)
    yield {
      path: [...path, second],
      atKey: true,
      message: `check: has ${second} as well as ${kind}; a check is one kind`,
      fix: 'write all: with a list of both, or remove one',
      related: [{ path: [...path, kind], message: `${kind} is here` }],
    };
}

export const CHECK_RULES: readonly Rule[] = [
  perService('check-kind', function* ({ checks }, { complete }) {
    for (const { check, path } of checks) {
      yield* kindsOf(check, KIND_KEYS, path, complete);
      const combined = membersOf(check);
      const list = [...path, ...(combined?.path ?? [])];
      if (combined?.of.length === 0 && complete(list))
        yield { path: list, message: `${combined.kind}: needs at least one check` };
      for (const [index, member] of combined?.of.entries() ?? [])
        yield* kindsOf(member, CHECK_KINDS, [...list, index], complete);
    }
  }),
  perService('check-need', function* ({ checks }, { complete }) {
    for (const { check, path } of checks) {
      const { quorum } = check;
      if (
        quorum === undefined ||
        quorum.of.length === 0 ||
        quorum.need <= quorum.of.length ||
        !complete([...path, 'quorum', 'of'])
      )
        continue;
      yield {
        path: [...path, 'quorum', 'need'],
        message: `need: ${quorum.need} of ${quorum.of.length} checks can never be good`,
      };
    }
  }),
  perService('check-timing', function* ({ checks }, { known }) {
    for (const { check, path } of checks) {
      const { total } = patienceOf(check);
      const { up, down } = intervalsOf(check);
      const shortest = Math.min(up, down);
      if (total <= shortest || !known([...path, 'timeout']) || !known([...path, 'every'])) continue;
      const every = formatDuration(shortest);
      yield {
        path: [...path, 'timeout'],
        message: `timeout: ${formatDuration(total)} is longer than every (${every}): probes of a server would overlap`,
        fix: `write timeout: ${every}`,
      };
    }
  }),
  perService('check-phases', function* ({ checks }, { known }) {
    for (const { check, path } of checks) {
      const { total, connect, response } = patienceOf(check);
      for (const [phase, limit = 0] of Object.entries({ connect, response })) {
        if (limit <= total || !known([...path, 'timeout'])) continue;
        yield {
          path: [...path, 'timeout', phase],
          message: `${phase}: ${formatDuration(limit)} is longer than the whole probe may take (${formatDuration(total)})`,
        };
      }
    }
  }),
  perService('check-target', function* ({ checks }) {
    for (const { check, path } of checks) {
      if (check.port === undefined || check.to?.port === undefined) continue;
      yield {
        path: [...path, 'port'],
        message: `port: ${check.port} is written here and ${check.to.port} in to; a probe has one port`,
        fix: 'remove one of them',
        related: [{ path: [...path, 'to', 'port'], message: 'the other one is here' }],
      };
    }
  }),
  perService('check-source', function* ({ service, servers, path }, { known }) {
    for (const { server, path: where } of servers) {
      const check = server.check ?? service.check;
      if (check === 'none' || check.from?.address === undefined) continue;
      const probed = check.to?.address ?? server.address;
      const checkPath = [...(server.check === undefined ? path : where), 'check'];
      if (familyOf(check.from.address) === familyOf(probed) || !known([...checkPath, 'to'])) continue;
      yield {
        path: [...checkPath, 'from', 'address'],
        message: `address: probes of ${probed} cannot come from ${check.from.address}, which has the other address family`,
      };
    }
  }),
  perService('damping', function* ({ checks }) {
    for (const { check, path } of checks) {
      if (check.damping === undefined || check.damping.hold <= check.damping.longest) continue;
      yield {
        path: [...path, 'damping', 'hold'],
        message: `hold: ${formatDuration(check.damping.hold)} is longer than longest (${formatDuration(check.damping.longest)})`,
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
      if (check === 'none' || (!own && common)) continue;
      const served = listeners.filter(({ id }) => serves(id));
      // To the server's port when it stands behind a listener or a mark, else to a listener's own; what speaks TCP, behind
      // TCP only.
      const knows = (transport: Protocol): boolean =>
        served.some(({ id }) =>
          id.kind === 'address'
            ? (transport !== 'tcp' || id.protocol === 'tcp') && (id.port !== 0 || server.port !== undefined)
            : server.port !== undefined,
        );
      const [unknown] = transportsOf(check).filter((transport) => !knows(transport));
      if (unknown === undefined || served.length === 0) continue;
      const checkPath = [...(own ? where : path), 'check'];
      const settled = known([...checkPath, 'port']) && known([...where, 'port']) && known([...where, 'check']);
      if (!settled || !forwardKnown()) continue;
      common ||= !own;
      yield {
        path: checkPath,
        message: `check: which ${unknown.toUpperCase()} port of ${serverName(server)} to ask is not known: service "${service.name}" has no ${unknown.toUpperCase()} listener with a port`,
        fix: 'add port to the check',
        related: served.slice(0, 1).map((listener) => ({ path: listener.path, message: 'the listener is here' })),
      };
    }
  }),
];
