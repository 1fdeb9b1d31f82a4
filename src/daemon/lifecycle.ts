import type { Clock, Random } from '../base/clock.ts';
import type { FairleadError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/schema.ts';
import { destinationOf } from '../decide/gate.ts';
import { removal } from '../decide/removal.ts';
import { serviceStates } from '../decide/service-states.ts';
import { undo } from '../decide/undo.ts';
import { count } from '../decide/words.ts';
import type { ConnectionQuery, Connections } from '../model/connection.ts';
import type { Desired, DesiredServer, Target } from '../model/desired.ts';
import { serverKey } from '../model/health.ts';
import { ADDRESS_OWNER, type KernelDump } from '../model/observed.ts';
import type { NetEvent, ProberPort } from '../model/ports.ts';
import { destinationKey, serviceKey, type VirtualService } from '../model/service.ts';
import type { KernelPorts } from './apply.ts';
import { ConfigKeeper } from './config-keeper.ts';
import { type ConfigReader, readsHere } from './config-reader.ts';
import type { Disk } from './disk.ts';
import type { OpenElection } from './election-port.ts';
import { Elections, type NotifierPort, type TrackersPort } from './elections.ts';
import { firstSnapshot } from './first-snapshot.ts';
import { ConditionTeller } from './health/conditions.ts';
import { HealthDriver } from './health/driver.ts';
import { VerdictMemory } from './health/memory.ts';
import { ServerHooks } from './health/server-hooks.ts';
import { History } from './history.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { OverrideKeeper } from './overrides.ts';
import { readOverrides } from './overrides-file.ts';
import { explained, explainFailure, preflight } from './preflight.ts';
import { Reconciler } from './reconciler.ts';
import { StateFile } from './state-file.ts';
import { Store } from './store.ts';

export interface DirectorParts {
  readonly ports: KernelPorts;
  readonly prober: ProberPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who reads configurations; absent: they are read in the event loop. Closed with the director. */
  readonly reader?: ConfigReader;
  /** Whether what was up and down is kept on disk. */
  readonly history?: boolean;
  /** How many files this process may open; absent: enough. */
  readonly openFiles?: number;
  /** Where overrides are kept; absent: they end with the process. */
  readonly disk?: Disk;
  /** What instances need; absent where nobody asks for any. */
  readonly election?: ElectionParts;
}

export interface ElectionParts {
  readonly open: OpenElection;
  readonly trackers: (onChange: (instance: string) => void) => TrackersPort;
  readonly notifier: (onProblem: (text: string) => void, onDropped: () => void) => NotifierPort;
  /** The election's thread is gone: nothing is held any more, and this process is of no use. */
  readonly onDeath: (error: Error) => void;
}

/** A running director: starts whole or not at all, reloads whole or not at all, and stops as the file says. */
export class Director {
  readonly store: Store;
  readonly reconciler: Reconciler;
  readonly #parts: DirectorParts;
  readonly health: HealthDriver;
  readonly elections: Elections | null;
  readonly overrides: OverrideKeeper;
  readonly configuration: ConfigKeeper;
  readonly reader: ConfigReader;
  readonly history: History;
  readonly #teller: ConditionTeller;
  readonly #serverHooks: ServerHooks;
  #unwatch: (() => void) | undefined;
  #unwatchLoop: (() => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #begin: (started: Promise<void>) => void = () => {};
  readonly #started: Promise<void>;

  constructor(config: Config, file: string, parts: DirectorParts) {
    this.#parts = parts;
    this.#started = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    // Whoever called start() is told.
    this.#started.catch(() => {});
    const { clock, log, ports } = parts;
    const { disk = null } = parts;
    const kept = disk && readOverrides(disk, config.director.overrides, clock.wall());
    this.store = new Store(firstSnapshot(config, file, clock, kept?.overrides), () => clock.wall());
    const state = new StateFile(config.director.state);
    const owned = state.read(log);
    const onTarget = (target: Target) =>
      this.elections?.serviceStates(serviceStates(target, this.store.get().conditions));
    this.#teller = new ConditionTeller(this.store);
    const onConditions = this.#teller.changed.bind(this.#teller);
    this.reconciler = new Reconciler({ ports, store: this.store, state, owned, clock, log, onTarget, onConditions });
    this.elections = parts.election ? this.#electionsOf(parts.election) : null;
    this.overrides = new OverrideKeeper({
      ...{ store: this.store, clock, disk },
      inTurn: (work) => this.#inTurn(work),
      settle: () => this.reconciler.settle(),
      onMaintenance: async () => this.elections?.maintain(),
    });
    const problem = (text: string): void => this.store.tell('problem', text);
    this.#serverHooks = new ServerHooks(this.store);
    this.health = new HealthDriver({
      ...parts,
      store: this.store,
      memory: new VerdictMemory(`${config.director.state}.health`, clock, problem),
      onChange: () => this.reconciler.trigger(),
      onStatus: (changes) => this.#serverHooks.changed(changes),
    });
    this.reader = parts.reader ?? readsHere;
    this.configuration = new ConfigKeeper({
      ...{
        ports,
        reader: this.reader,
        clock,
        store: this.store,
        reconciler: this.reconciler,
        health: this.health,
        elections: this.elections,
      },
      inTurn: (work) => this.#inTurn(work),
    });
    this.history = new History(this.store, clock, parts.history ? config.director.history : null);
    this.store.onEvent((event) =>
      event.kind === 'problem'
        ? log.warn(event.kind, { text: event.text })
        : log.info(event.kind, { text: event.text }),
    );
    if (kept?.problem) {
      this.store.counts.overridesLost++;
      problem(kept.problem);
    }
  }

  /** Rejects with every reason why this kernel cannot run this configuration; then nothing of it is left behind. What was asked
   *  for before is done when it has resolved. */
  start(): Promise<void> {
    const started = this.#start();
    this.#begin(started);
    return started;
  }

  async #start(): Promise<void> {
    const { desired } = this.store.get();
    const dump = await explained(() => this.reconciler.observe({ stats: false }));
    throwFirst(await explained(() => preflight(this.#parts.ports, desired, dump)), this.#parts.log);
    this.health.sync(null, desired, serversInService(desired, dump));

    const { results } = await explained(() => this.reconciler.first());
    const failed = results.find((result) => result.failure && result.failure.code !== 'not-attempted');
    if (failed?.failure) {
      await this.health.stop();
      this.#stopHooks();
      const done = results.filter((result) => !result.failure).map((result) => result.op);
      await this.reconciler.applyOutsidePass(undo(done, dump));
      throw explainFailure(failed.failure);
    }
    // Services are complete before an address leads anyone to them.
    await this.elections?.sync(desired);
    this.store.tell('daemon', `started with ${whatOf(desired)} from ${this.store.get().file}`);
    this.overrides.start();
    this.#unwatchLoop = watchLoopDelay(this.store.counts.loopSeconds);
    this.#unwatch = this.#parts.ports.net.watch((event) => {
      if (!this.#isRenewal(event)) this.reconciler.trigger();
    });
    this.reconciler.trigger();
    await this.history.start();
  }

  /** Takes the file anew, whole or not at all. */
  reload(): Promise<boolean> {
    return this.configuration.reload();
  }

  #electionsOf({ open, trackers, notifier, onDeath }: ElectionParts): Elections {
    const elections: Elections = new Elections({
      ...this.#parts,
      open,
      store: this.store,
      trackers: trackers((instance) => void elections.judge([instance]).catch(() => {})),
      notifier: notifier(
        (text) => this.store.tell('problem', text),
        () => this.store.counts.dropped('hooks'),
      ),
      onRole: () => {
        this.health.follow(this.store.get().roles);
        this.reconciler.trigger();
      },
      onDeath,
    });
    return elections;
  }

  /** The engine renews the addresses of instances all the time; that is no news. */
  #isRenewal(event: NetEvent): boolean {
    if (event.kind !== 'address' || event.gone) return false;
    const { address, interface: name, owner } = event.address;
    if (owner === ADDRESS_OWNER) return true;
    // Kernels before 5.18 do not tell whose it is.
    const elected = this.store.get().target?.elected ?? [];
    return elected.some((held) => held.address === address && held.interface === name);
  }

  /** The kernel's connection table, within limits. */
  connections(query: ConnectionQuery): Connections {
    return this.#parts.ports.ipvs.connections(query);
  }

  /** Hands instances over; leaves table and other addresses to the kernel, or takes away what is ours if the file says so. */
  async stop(): Promise<void> {
    // Whatever is being read would be taken after the end.
    await this.reader.close();
    this.overrides.stop();
    await this.elections?.stop();
    // Routes and rules go with the roles.
    if (this.elections) await this.reconciler.settle();
    await this.health.stop();
    this.#unwatch?.();
    this.#unwatchLoop?.();
    await this.history.stop();
    await this.reconciler.stop();
    this.#stopHooks();
    if (this.store.get().config.director.onStop === 'leave') return;
    const dump = await this.reconciler.observe({ stats: false });
    const results = await this.reconciler.applyOutsidePass(removal(dump, this.reconciler.policy).ops);
    if (results.every((result) => !result.failure)) this.reconciler.forgetOwned();
  }

  #stopHooks(): void {
    this.#teller.stop();
    this.#serverHooks.stop();
  }

  /** Changes of what is wanted come one after the other: one that starts in the middle of another would undo it. None comes before
   *  the start, which knows which servers are in service, nor after one that failed. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#started).then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Servers that the kernel already sends connections to: a restart must not take them out while they wait for a check. */
function serversInService(desired: Desired, dump: KernelDump): Set<string> {
  const serving = new Set(
    dump.services.flatMap(({ service, destinations }) =>
      destinations.filter((d) => d.weight > 0).map((d) => `${serviceKey(service.id)} ${destinationKey(d)}`),
    ),
  );
  const isServing = (server: DesiredServer, { id }: VirtualService): boolean =>
    serving.has(`${serviceKey(id)} ${destinationKey(destinationOf(server, id, server.weight))}`);
  return new Set(
    desired.services.flatMap((service) =>
      service.servers
        .filter((server) => service.listeners.some((listener) => isServing(server, listener)))
        .map((server) => serverKey(service.name, server.name)),
    ),
  );
}

function throwFirst(problems: readonly FairleadError[], log: Log): void {
  const [first, ...rest] = problems;
  for (const problem of rest) log.error(problem.code, { message: problem.message, fix: problem.fix });
  if (first) throw first;
}

const whatOf = ({ services, instances }: Desired): string =>
  [...(instances.length > 0 ? [count(instances.length, 'instance')] : []), count(services.length, 'service')].join(
    ' and ',
  );
