import { type CheckOutput, type MemberConfig, membersOf } from '../check.ts';
import type { Path } from '../issue.ts';
import { carrierFor, servicePaths } from '../service-path.ts';
import { perService, type Rule } from './rule.ts';

/** Every half-open check in a check, with its place and its port. */
function synsOf(
  check: CheckOutput,
): { readonly one: MemberConfig; readonly at: Path; readonly port?: number | undefined }[] {
  const common = check.to?.port ?? check.port;
  const combined = membersOf(check);
  const members =
    combined?.of.map((one, index) => ({ one, at: [...combined.path, index, 'syn'], port: one.port ?? common })) ?? [];
  return [{ one: check, at: ['syn'], port: common }, ...members].filter(({ one }) => one.syn !== undefined);
}

/** What half-open checks cannot do. */
export const CHECK_SYN_RULES: readonly Rule[] = [
  perService('check-syn', function* ({ service, path, servers, checks }, { known, complete }) {
    for (const { check, path: where } of checks) {
      const [first] = synsOf(check);
      if (first === undefined) continue;
      if (check.from?.port !== undefined)
        yield {
          path: [...where, 'from', 'port'],
          message: 'port: half-open checks leave from ports that Fairlead holds for them, not from a given one',
          fix: 'remove it, or ask with tcp',
          related: [{ path: [...where, ...first.at], message: 'the half-open check is here' }],
        };
      if (check.to?.address !== undefined && synsOf(check).some(({ one }) => one.syn?.path === 'service'))
        yield {
          path: [...where, 'to', 'address'],
          message: `address: path: service goes to each server as IPVS does, not to ${check.to.address}`,
          fix: 'remove it, or write path: direct',
        };
    }
    const told = new Set<string>();
    for (const { server, path: where, forwardKnown } of servers) {
      const check = server.check ?? service.check;
      if (check === 'none' || !forwardKnown() || !known([...where, 'tunnel']) || !known([...path, 'tunnel'])) continue;
      for (const { one, at, port } of synsOf(check)) {
        const place = [...(server.check === undefined ? path : where), 'check', ...at, 'path'];
        if (one.syn?.path !== 'service' || told.has(place.join())) continue;
        const carrier = carrierFor(service, server);
        const related = [{ path: where, message: 'the server is here' }];
        if (typeof carrier === 'object') {
          yield { path: place, message: `path: ${carrier.not}`, fix: 'write path: direct, or ask with tcp', related };
        } else if (complete([...path, 'listen']) && servicePaths(service, server, port).length === 0) {
          const message = `path: service "${service.name}" has no TCP listener with an address of the family of ${server.address}, and a port`;
          yield { path: place, message, fix: 'write path: direct, or give the check a port', related };
        } else continue;
        told.add(place.join());
      }
    }
  }),
];
