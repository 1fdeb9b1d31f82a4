import { intervalsOf, type MemberConfig, membersOf, patienceOf, transportOf, transportsOf } from '../config/check.ts';
import { CHECK_KINDS } from '../config/checks/index.ts';
import type { CheckConfig, ServiceConfig } from '../config/schema.ts';
import type { Check, CheckSettings, Damping, DesiredService, Quorum } from '../model/desired.ts';
import type { Protocol } from '../model/service.ts';

/** What the file says about health, in the program's form. */

/** What concerns the servers of a service together. */
export const serviceHealth = ({
  fallback,
  panic,
  slowStart,
  quorum,
  checkWhile,
}: ServiceConfig): Pick<
  DesiredService,
  'inhibitFallback' | 'panic' | 'slowStartMs' | 'quorum' | 'checkWhileMaster'
> => ({
  ...(fallback?.inhibit && { inhibitFallback: true }),
  ...(panic !== undefined && { panic }),
  ...(slowStart !== undefined && { slowStartMs: slowStart }),
  ...(quorum && { quorum: desireQuorum(quorum) }),
  ...(checkWhile && { checkWhileMaster: checkWhile.master }),
});

/** A check with every default in its place. `portFor`: where a probe of that protocol goes that nobody named a port for. */
export function checkSettings(config: CheckConfig, portFor: (transport: Protocol) => number): CheckSettings {
  const { up, down, between } = intervalsOf(config);
  const { total, connect, response } = patienceOf(config);
  const limits = defined({ connectMs: connect, responseMs: response });
  const source = defined(config.from ?? {});
  const usual = down === up && between === up && config.jitter === 10;
  return {
    check: whatIsAsked(config, portFor),
    port: config.to?.port ?? config.port ?? null,
    everyMs: up,
    timeoutMs: total,
    rise: config.rise,
    fall: config.fall,
    ...(!usual && { pace: { downMs: down, betweenMs: between, jitter: config.jitter / 100 } }),
    ...(config.start !== 'wait' && { start: config.start }),
    ...(config.damping && { damping: desireDamping(config.damping) }),
    ...(Object.keys(source).length > 0 && { from: source }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(config.to?.address !== undefined && { address: config.to.address }),
  };
}

function whatIsAsked(config: CheckConfig, portFor: (transport: Protocol) => number): Check {
  const combined = membersOf(config);
  if (combined === undefined) return ofOneKind(config);
  const { kind, need, of } = combined;
  const [common] = transportsOf(config);
  // Parts share one port unless they speak to another listener.
  const portOf = (one: MemberConfig): number | null => {
    const transport = transportOf(one);
    if (common === undefined || transport === undefined || portFor(transport) === portFor(common)) return null;
    return portFor(transport);
  };
  return { kind, need, of: of.map((one) => ({ check: ofOneKind(one), port: one.port ?? portOf(one) })) };
}

function ofOneKind(config: MemberConfig): Check {
  const kind = CHECK_KINDS.find((key) => config[key] !== undefined) ?? 'tcp';
  return { kind, ...config[kind] };
}

const desireDamping = ({ flaps, within, hold, longest }: NonNullable<CheckConfig['damping']>): Damping => ({
  flaps,
  withinMs: within,
  holdMs: hold,
  longestMs: longest,
});

/** Without the keys that say nothing. */
const defined = <T extends Record<string, unknown>>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function desireQuorum({ weight, hysteresis, up, down, timeout, user }: NonNullable<ServiceConfig['quorum']>): Quorum {
  return { weight, hysteresis, up: up ?? null, down: down ?? null, timeoutMs: timeout, user: user ?? null };
}
