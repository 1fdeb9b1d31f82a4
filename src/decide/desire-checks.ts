import { intervalsOf, type MemberConfig, membersOf, patienceOf, transportOf, transportsOf } from '../config/check.ts';
import { CHECK_KINDS } from '../config/checks/index.ts';
import type { CheckConfig, HooksConfig, ServerConfig, ServiceConfig } from '../config/schema.ts';
import type { Check, CheckSettings, Damping, DesiredService, Hooks, Quorum, ServicePath } from '../model/desired.ts';
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

/** Where the probes of a server go. */
export interface CheckTargets {
  /** Where a probe of that protocol goes that nobody named a port for. */
  readonly portFor: (transport: Protocol) => number;
  /** What the server has to answer for on behalf of its service, each with its port. */
  readonly paths: readonly (ServicePath & { readonly port: number })[];
}

/** A check with every default in its place. */
export function checkSettings(config: CheckConfig, targets: CheckTargets): CheckSettings {
  const { up, down, between } = intervalsOf(config);
  const { total, connect, response } = patienceOf(config);
  const limits = defined({ connectMs: connect, responseMs: response });
  const source = defined(config.from ?? {});
  const usual = down === up && between === up && config.jitter === 10;
  return {
    check: whatIsAsked(config, targets),
    port: config.to?.port ?? config.port ?? onlyPort(config, targets),
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

function whatIsAsked(config: CheckConfig, { portFor, paths }: CheckTargets): Check {
  const combined = membersOf(config);
  if (combined === undefined) {
    if (!goesForService(config) || paths.length < 2) return ofOneKind(config, paths);
    const of = paths.map((path) => ({ check: ofOneKind(config, [path]), port: config.port ?? path.port }));
    return { kind: 'all', need: of.length, of };
  }
  const { kind, need, of } = combined;
  const [common] = transportsOf(config);
  // Parts share one port unless they speak to another listener.
  const portOf = (one: MemberConfig): number | null => {
    const transport = transportOf(one);
    if (common === undefined || transport === undefined || portFor(transport) === portFor(common)) return null;
    return portFor(transport);
  };
  return { kind, need, of: of.map((one) => ({ check: ofOneKind(one, paths), port: one.port ?? portOf(one) })) };
}

const goesForService = ({ syn }: MemberConfig): boolean => syn?.path === 'service';

/** The port of the one listener that is asked for. */
const onlyPort = (config: CheckConfig, { paths }: CheckTargets): number | null =>
  goesForService(config) && paths.length === 1 ? (paths[0]?.port ?? null) : null;

function ofOneKind(config: MemberConfig, [path]: CheckTargets['paths']): Check {
  const kind = CHECK_KINDS.find((key) => config[key] !== undefined) ?? 'tcp';
  const service = path && { address: path.address, carrier: path.carrier };
  return { kind, ...config[kind], ...(goesForService(config) && { service }) };
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

/** What runs when the checks of a server find it up or down: its own, else the service's. */
export function serverHooks(service: ServiceConfig, server: ServerConfig): { readonly notify?: Hooks } {
  const notify = server.notify ?? service.notify;
  return notify === undefined || notify === 'none' ? {} : { notify: desireHooks(notify) };
}

const desireHooks = ({ up, down, timeout, user }: HooksConfig): Hooks => ({
  up: up ?? null,
  down: down ?? null,
  timeoutMs: timeout,
  user: user ?? null,
});

function desireQuorum(quorum: NonNullable<ServiceConfig['quorum']>): Quorum {
  return { weight: quorum.weight, hysteresis: quorum.hysteresis, ...desireHooks(quorum) };
}
