import { membersOf } from '../check.ts';
import { CHECK_KINDS, CHECKS, type CheckKind } from '../checks/index.ts';
import type { CheckRow } from '../checks/row.ts';
import type { TlsSettings } from '../checks/tls.ts';
import type { Path } from '../issue.ts';
import { perService, type Rule, type ServiceScope } from './rule.ts';

/** What settings of several kinds have in common. */
interface Common {
  readonly passwordFile?: string | undefined;
  readonly user?: string | undefined;
  readonly bind?: string | undefined;
  readonly startTls?: boolean | undefined;
  readonly tls?: TlsSettings | undefined;
  readonly steps?:
    | readonly { readonly expect?: unknown; readonly match?: unknown; readonly not?: unknown }[]
    | undefined;
  readonly length?: { readonly min: number; readonly max: number } | undefined;
}

/** Every kind that is asked, alone or as one of several, with its place. */
function* askedOf({
  checks,
}: ServiceScope): Iterable<{ readonly kind: CheckKind; readonly settings: Common; readonly path: Path }> {
  for (const { check, path } of checks) {
    const combined = membersOf(check);
    const members = combined?.of.map((one, index) => ({ one, at: [...path, ...combined.path, index] })) ?? [];
    for (const { one, at } of [{ one: check, at: path }, ...members])
      for (const kind of CHECK_KINDS) {
        const settings = one[kind] as Common | undefined;
        if (settings !== undefined) yield { kind, settings, path: [...at, kind] };
      }
  }
}

/** What is wrong with the settings of one kind, wherever it is asked. */
export const CHECK_KIND_RULES: readonly Rule[] = [
  perService('check-login', function* (scope, { known }) {
    for (const { kind, settings, path } of askedOf(scope)) {
      const { login }: CheckRow = CHECKS[kind];
      if (login === undefined || settings.passwordFile === undefined || settings[login] !== undefined) continue;
      if (!known([...path, login])) continue;
      yield {
        path: [...path, 'passwordFile'],
        message: `passwordFile: there is nobody to log in as; ${kind} needs ${login} as well`,
        fix: `add ${login}, or remove passwordFile`,
      };
    }
  }),
  perService('check-tls', function* (scope, { known }) {
    for (const { settings, path } of askedOf(scope)) {
      const { certificate, key } = settings.tls ?? {};
      const [has, lacks] = certificate === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
      if ((certificate === undefined) === (key === undefined) || !known([...path, 'tls', lacks])) continue;
      yield {
        path: [...path, 'tls', has],
        message: `${has}: goes with ${lacks}, which is missing`,
        fix: `add ${lacks}; one file may hold both`,
      };
    }
  }),
  perService('check-start-tls', function* (scope, { known }) {
    for (const { settings, path } of askedOf(scope)) {
      if (!settings.startTls || settings.tls !== undefined || !known([...path, 'tls'])) continue;
      yield {
        path: [...path, 'startTls'],
        message:
          "startTls: without tls the certificate must be valid for the server's address, by the system's authorities",
        fix: 'add tls: { serverName: ..., ca: ... }, or tls: {} if that is meant',
      };
    }
  }),
  perService('check-length', function* (scope, { known }) {
    for (const { settings, path } of askedOf(scope)) {
      const { length } = settings;
      if (length === undefined || length.min <= length.max || !known([...path, 'length'])) continue;
      yield {
        path: [...path, 'length'],
        message: `length: no answer has at least ${length.min} and at most ${length.max} bytes`,
      };
    }
  }),
  perService('check-step', function* (scope, { known }) {
    for (const { settings, path } of askedOf(scope)) {
      for (const [index, { expect, match, not }] of (settings.steps ?? []).entries()) {
        const at = [...path, 'steps', index];
        if (not === undefined || expect !== undefined || match !== undefined || !known([...at, 'expect'])) continue;
        if (!known([...at, 'match'])) continue;
        yield {
          path: [...at, 'not'],
          message: 'not: nothing says how much of what the server sends is looked at',
          fix: 'add expect or match, up to whose end not is looked for; such as match: "\\n" for one line',
        };
      }
    }
  }),
  perService('check-ping', function* ({ checks }, { known }) {
    for (const { check, path } of checks) {
      const combined = membersOf(check);
      const members = combined?.of.map(({ ping }, index) => ({ ping, at: [...path, ...combined.path, index, 'ping'] }));
      for (const { ping, at } of [{ ping: check.ping, at: [...path, 'ping'] }, ...(members ?? [])]) {
        if (ping?.loss !== undefined && ping.window === undefined && known([...at, 'window']))
          yield { path: [...at, 'loss'], message: 'loss: a single ping is lost or not', fix: 'add window: 10' };
        if (ping?.window !== undefined && combined !== undefined)
          yield {
            path: [...at, 'window'],
            message: `window: the parts of ${combined.kind} are asked anew each time and know nothing of earlier pings`,
            fix: 'make the ping a check of its own',
          };
      }
    }
  }),
];
