import type { Client, Status } from '../../api/client.ts';
import { CounterMeter } from '../../library/meter.ts';
import type { Counters } from '../../model/observed.ts';
import type { Action, Detail, Look, Message, Subject } from './state.ts';

/** What `fairlead top` asks the daemon. */

/** The kernel publishes counters every 2 s: a rate over this long is steady and still follows what happens. */
const WINDOW_MS = 6000;
const KEPT_EVENTS = 1000;
/** Most checks of one answer. */
const PART = 1000;

export class Watcher {
  readonly #client: Client;
  readonly #meter = new CounterMeter({ windowMs: WINDOW_MS });
  #events: Look['events'] = [];
  #startedAtMs = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Rejects as the client does. */
  async look(subject: Subject | null): Promise<Look> {
    const client = this.#client;
    const [{ name }, status, detail] = await Promise.all([
      client.getDirector(),
      client.getStatus(),
      subject && this.#detail(subject),
    ]);
    const rates = this.#meter.feed(countersOf(status), performance.now());
    // Numbers of events begin anew with each daemon.
    if (status.startedAtMs !== this.#startedAtMs) this.#events = [];
    this.#startedAtMs = status.startedAtMs;
    const { events } = await client.listEvents({ after: this.#events.at(-1)?.id ?? 0 });
    this.#events = [...this.#events, ...events].slice(-KEPT_EVENTS);
    return { atMs: Date.now(), name, status, rates, events: this.#events, detail };
  }

  /** Null when the server has left the file meanwhile, which the status tells too. */
  async #detail({ service, server }: Subject): Promise<Detail | null> {
    const name = `${service}/${server}`;
    try {
      const [checks, report, history] = await Promise.all([
        this.#client.listChecks({ service, limit: PART }),
        this.#client.getReport({ kind: 'server', name }),
        this.#client.listHistory({ service, server }),
      ]);
      return {
        service,
        server,
        check: checks.checks.find((each) => each.server === server) ?? null,
        availability: report.objects[0] ?? null,
        changes: history.changes,
      };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'not-found') return null;
      throw error;
    }
  }

  /** Does what the operator has confirmed, and says what came of it. */
  async act(action: Action): Promise<Message> {
    try {
      return await this.#done(action);
    } catch (error) {
      return { text: error instanceof Error ? error.message : String(error), bad: true };
    }
  }

  async #done(action: Action): Promise<Message> {
    if (action.kind === 'failover') {
      const { done, text } = await this.#client.failOver({ instance: action.instance, body: { to: 'other' } });
      return { text, bad: !done };
    }
    return { text: await changed(this.#client, action), bad: false };
  }
}

/** Makes a change, and says in words what it was. */
async function changed(client: Client, action: Exclude<Action, { kind: 'failover' }>): Promise<string> {
  if (action.kind === 'maintenance') {
    const { of, on } = action;
    const is = on ? 'is in maintenance' : 'is in service again as its health allows';
    if ('instance' in of) {
      await client.setInstanceMaintenance({ ...of, body: { on } });
      return `${of.instance} ${is}`;
    }
    await client.setServerMaintenance({ ...of, body: { on } });
    return `${of.service}/${of.server} ${is}`;
  }
  const { service, server } = action;
  const name = `${service}/${server}`;
  switch (action.kind) {
    case 'drain': {
      const { openConnections } = await client.drainServer({ service, server });
      return `${name} gets no new connections; ${openConnections} are still open`;
    }
    case 'undrain':
      await client.undrainServer({ service, server });
      return `${name} takes new connections again as its health allows`;
    case 'weight': {
      const { weight } = action;
      if (weight === null) await client.clearWeight({ service, server });
      else await client.setWeight({ service, server, body: { weight } });
      return `${name} has ${weight === null ? 'the weight of its file again' : `weight ${weight}`}`;
    }
    case 'pin': {
      const { state } = action;
      if (state === null) await client.clearState({ service, server });
      else await client.setState({ service, server, body: { state } });
      return `${name} is ${state === null ? 'as its checks say again' : `pinned ${state}`}`;
    }
  }
}

function* countersOf({ services }: Status): Generator<readonly [string, Counters]> {
  for (const { listeners } of services)
    for (const listener of listeners) {
      yield [listener.key, numbersOf(listener)];
      for (const destination of listener.destinations)
        yield [`${listener.key} ${destination.key}`, numbersOf(destination)];
    }
}

const numbersOf = (texts: Readonly<Record<keyof Counters, string>>): Counters => ({
  connections: BigInt(texts.connections),
  inPackets: BigInt(texts.inPackets),
  outPackets: BigInt(texts.outPackets),
  inBytes: BigInt(texts.inBytes),
  outBytes: BigInt(texts.outBytes),
});
