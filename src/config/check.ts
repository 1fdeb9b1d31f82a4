import { z } from 'zod';
import type { Protocol } from '../model/service.ts';
import { CHECK_KINDS, CHECKS, type CheckKind } from './checks/index.ts';
import type { CheckRow } from './checks/row.ts';
import { address, duration, interfaceName, port } from './field.ts';

/** The settings of `check:`, besides those of its kind. */

/** One optional key for each kind; that there is exactly one is a rule. */
const kinds = Object.fromEntries(CHECK_KINDS.map((kind) => [kind, CHECKS[kind].settings.optional()])) as {
  [K in CheckKind]: z.ZodOptional<(typeof CHECKS)[K]['settings']>;
};

/** One of several questions to a server. */
const member = z
  .strictObject({
    ...kinds,
    port: port.optional().meta({ description: 'port of this one; that of the whole check when absent' }),
  })
  .meta({ description: 'a check of any kind above, with no settings beside its kind and port' });
const members = (description: string) => z.array(member).meta({ minItems: 1, description });

/** What is made of several checks. */
export const COMBINED = ['all', 'any', 'quorum'] as const;
const combined = {
  all: members('all of these must be good').optional(),
  any: members('one of these must be good').optional(),
  quorum: z
    .strictObject({
      of: members('the checks'),
      need: z.int().min(1).max(1000).meta({ description: 'so many of them must be good' }),
    })
    .optional()
    .meta({ description: 'some of several checks must be good' }),
};

/** Every key that says what is asked; a check has one of them. */
export const KIND_KEYS = [...CHECK_KINDS, ...COMBINED] as const;

const DAY = 86_400_000;
const interval = duration(10, DAY);
const patience = duration(10, 600_000);

const every = z
  .union([
    interval,
    z
      .strictObject({
        up: interval.prefault('2s').meta({ description: 'while the server is up' }),
        down: interval.optional().meta({ description: 'while it is down; as up when absent' }),
        between: interval.optional().meta({
          description: 'before the first result, and while results contradict the verdict; as up when absent',
        }),
      })
      .meta({ description: 'intervals by what is known of the server' }),
  ])
  .prefault('2s')
  .meta({ description: 'time between two probes of a server: one, or one each for up, down and between' });

const timeout = z
  .union([
    patience,
    z
      .strictObject({
        total: patience.prefault('1s').meta({ description: 'longest that a probe may take as a whole' }),
        connect: patience.optional().meta({ description: 'longest until the connection stands' }),
        response: patience.optional().meta({ description: 'longest from there to the answer' }),
      })
      .meta({ description: 'a probe that is not done by then has failed; by phase' }),
  ])
  .prefault('1s')
  .meta({ description: 'a probe without an answer fails after this; at most every. Phases may have less' });

const from = z
  .strictObject({
    address: address.optional().meta({ description: 'source address; as the routes say when absent' }),
    port: port.optional().meta({ description: 'source port, alike for every probe' }),
    interface: interfaceName
      .optional()
      .meta({ description: 'leave by this interface, whatever the routes say (SO_BINDTODEVICE)' }),
    mark: z
      .int()
      .min(1)
      .max(4_294_967_295)
      .optional()
      .meta({ description: 'firewall mark of what is sent, for rules and routes to go by (SO_MARK)' }),
  })
  .meta({ description: 'where probes come from' });

const to = z
  .strictObject({
    address: address.optional().meta({ description: "the server's own when absent" }),
    port: port.optional().meta({ description: "the server's own when absent" }),
  })
  .meta({ description: 'what is probed in place of the server' });

const damping = z
  .strictObject({
    flaps: z.int().min(2).max(100).default(3).meta({ description: 'so many times down within `within` is flapping' }),
    within: duration(1000, DAY).prefault('5m').meta({ description: 'how far back they count' }),
    hold: duration(1000, DAY)
      .prefault('30s')
      .meta({ description: 'a flapping server stays out so long, twice as long the next time, and so on' }),
    longest: duration(1000, DAY).prefault('10m').meta({ description: 'and never longer than this' }),
  })
  .meta({ description: 'a server that comes and goes is held back' });

const count = z.int().min(1).max(1000);

export const check = z
  .strictObject({
    ...kinds,
    ...combined,
    every,
    timeout,
    rise: count.default(2).meta({ description: 'good results in a row that bring a dead server back' }),
    fall: count.default(3).meta({ description: 'bad results in a row that take a server out' }),
    start: z.enum(['wait', 'up', 'down']).default('wait').meta({
      description:
        'a server nothing is known of: wait: serves after its first good result; up: serves until fall bad ones; down: serves after rise good ones',
    }),
    jitter: z.int().min(0).max(50).default(10).meta({
      description: 'percent by which an interval may be off, either way, so that probes do not march in step',
    }),
    damping: damping.optional(),
    from: from.optional(),
    to: to.optional(),
    port: port.optional().meta({ description: "port to probe; the server's own when absent" }),
  })
  .meta({ description: 'how a server is found dead or alive' });

export type CheckOutput = z.output<typeof check>;
export type MemberConfig = z.output<typeof member>;

/** The checks that make up a combined one, how many of them are needed, and where they stand below the check. */
export function membersOf({ all, any, quorum }: Pick<CheckOutput, (typeof COMBINED)[number]>):
  | {
      readonly kind: (typeof COMBINED)[number];
      readonly need: number;
      readonly of: readonly MemberConfig[];
      readonly path: readonly string[];
    }
  | undefined {
  if (all !== undefined) return { kind: 'all', need: all.length, of: all, path: ['all'] };
  if (any !== undefined) return { kind: 'any', need: 1, of: any, path: ['any'] };
  return quorum && { kind: 'quorum', need: quorum.need, of: quorum.of, path: ['quorum', 'of'] };
}

/** Protocol of the port that a probe goes to; undefined: it needs none, or names its own. */
export function transportOf(asked: MemberConfig): Protocol | undefined {
  const kind = CHECK_KINDS.find((key) => asked[key] !== undefined);
  const to: CheckRow['to'] = kind === undefined || asked.port !== undefined ? 'nothing' : CHECKS[kind].to;
  return to === 'address' || to === 'nothing' ? undefined : to;
}

/** Protocols of a check, or of its parts, whose port has to come from the server or its service. */
export function transportsOf(check: CheckOutput): readonly Protocol[] {
  if (check.port !== undefined || check.to?.port !== undefined) return [];
  return [check, ...(membersOf(check)?.of ?? [])].flatMap((asked) => transportOf(asked) ?? []);
}

/** The intervals of a check, none left out. */
export function intervalsOf({ every: given }: Pick<CheckOutput, 'every'>): {
  up: number;
  down: number;
  between: number;
} {
  if (typeof given === 'number') return { up: given, down: given, between: given };
  return { up: given.up, down: given.down ?? given.up, between: given.between ?? given.up };
}

/** How long a probe may take, and those of its phases that have a limit of their own. */
export const patienceOf = ({
  timeout: given,
}: Pick<CheckOutput, 'timeout'>): { total: number; connect?: number | undefined; response?: number | undefined } =>
  typeof given === 'number' ? { total: given } : given;
