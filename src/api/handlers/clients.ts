import { setImmediate as turn } from 'node:timers/promises';
import { canonicalAddress, familyOf } from '../../base/ip.ts';
import { explainServer } from '../../decide/explain.ts';
import { type Owner, ownersOf } from '../../decide/owners.ts';
import type { Connection } from '../../model/connection.ts';
import { serviceFamily, serviceKey, type VirtualService } from '../../model/service.ts';
import { churn } from '../../scheduling/churn.ts';
import { clientInWords, clientsOf } from '../../scheduling/client-words.ts';
import { type Client, type Prediction, predictor } from '../../scheduling/predict.ts';
import { representatives } from '../../scheduling/representatives.ts';
import type { DestinationStatus, Forecast, ListenerStatus, ServiceStatus } from '../operations.ts';
import { noSuch, refuse } from '../problem.ts';
import type { clientRoutes } from '../routes/clients.ts';
import { serviceOf } from '../service-status.ts';
import type { HandlersOf, Parts } from './parts.ts';
import { freshDump } from './reading.ts';
import { known } from './services.ts';

type ListenerForecast = Forecast['listeners'][number];

const MOST_CLIENTS = 4096;
/** Readers of the connection table at once: each walks the whole of it in the kernel. */
const MOST_READERS = 2;
/** Clients asked in one turn of the event loop. */
const PER_TURN = 256;

export function clientHandlers(parts: Parts): HandlersOf<typeof clientRoutes> {
  let reading = 0;
  return {
    explain: async ({ query }) => {
      const { service, listeners } = await listenersOf(parts, query.service);
      const [client] = readClients([query.client], 1);
      if (client === undefined) throw refuse('usage', { detail: 'expected a client' });
      const fitting = listeners.filter((listener) => serviceFamily(listener.service.id) === familyOf(client.address));
      if (fitting.length === 0) {
        const family = familyOf(client.address) === 'inet' ? 'IPv4' : 'IPv6';
        throw refuse('usage', { detail: `${query.service} has no ${family} listener` });
      }
      return {
        client: clientInWords(client),
        service: service.name,
        listeners: fitting.map((listener) => {
          const prediction = predictor(listener.service, listener.destinations)(client);
          return { listener: listener.key, ...choiceOf(listener, client, prediction), why: prediction.why };
        }),
        servers: service.servers.map((server) => ({ ...server, chain: chainOf(parts, service.name, server.name) })),
      };
    },
    predict: async ({ query }) => {
      const { service, listeners } = await listenersOf(parts, query.service);
      const clients = readClients(words(query.clients), MOST_CLIENTS);
      const without = new Set(words(query.without));
      const present = service.servers.map(({ name }) => name);
      for (const name of without) if (!present.includes(name)) throw noSuch('server', name, present);
      const answers: ListenerForecast[] = [];
      for (const listener of listeners) answers.push(await forecastOf(listener, clients, without));
      return { service: service.name, listeners: answers };
    },
    listConnections: async function* ({ query }) {
      const { client, limit, timeLimitMs } = query;
      const from = client === undefined ? undefined : canonicalAddress(client);
      if (client !== undefined && from === undefined)
        throw refuse('usage', { detail: `expected the address of a client, got "${client}"` });
      const snapshot = parts.director.store.get();
      if (query.service !== undefined) known(snapshot, query.service);
      const ownerOf = ownersOf(snapshot.desired);
      const filter = (connection: Connection): boolean =>
        is(from, connection.client) &&
        is(query.state, connection.state) &&
        is(query.protocol, connection.protocol) &&
        isOf(query, () => ownerOf(connection));
      if (reading === MOST_READERS)
        throw refuse('busy', { what: `${MOST_READERS} others read the connection table now` });
      reading++;
      try {
        const table = parts.director.connections({ filter, limit, timeLimitMs });
        let given = 0;
        for await (const connection of table) {
          const { engine: _, ...row } = connection;
          given++;
          yield { ...row, ...ownerOf(connection) };
        }
        const { end, scanned } = table;
        // Nobody stops it before its end and then asks for the next line.
        if (end !== null && end !== 'stopped') yield { end, given, scanned };
      } finally {
        reading--;
      }
    },
  };
}

const is = (wanted: string | undefined, value: string): boolean => wanted === undefined || wanted === value;

const isOf = ({ service, server }: { service?: string | undefined; server?: string | undefined }, owner: () => Owner) =>
  (service === undefined && server === undefined) ||
  (is(service, owner().service ?? '') && is(server, owner().server ?? ''));

const words = (list: string): string[] => list.split(',').filter((word) => word !== '');

function readClients(given: readonly string[], limit: number): Client[] {
  const clients: Client[] = [];
  for (const word of given) {
    const found = clientsOf(word, limit - clients.length);
    if (!found.ok) throw refuse('usage', { detail: found.error });
    clients.push(...found.value);
  }
  if (clients.length > limit) throw refuse('usage', { detail: `expected at most ${limit} clients` });
  return clients;
}

/** A service by its name, or by one of its listeners, which then is the only one that counts. */
async function listenersOf(
  parts: Parts,
  word: string,
): Promise<{ service: ServiceStatus; listeners: readonly ListenerStatus[] }> {
  await freshDump(parts);
  const snapshot = parts.director.store.get();
  const { services } = snapshot.desired;
  const owner = services.find(
    ({ name, listeners }) => name === word || listeners.some(({ id }) => serviceKey(id) === word),
  );
  const [service] = owner ? serviceOf(snapshot, parts.clock.now(), [owner.name]) : [];
  if (service === undefined) {
    const present = services.flatMap(({ name, listeners }) => [name, ...listeners.map(({ id }) => serviceKey(id))]);
    throw noSuch('service', word, present);
  }
  const listeners = service.name === word ? service.listeners : service.listeners.filter(({ key }) => key === word);
  return { service, listeners };
}

function chainOf({ director }: Parts, service: string, server: string): string[] {
  const { desired, verdicts, target, dump } = director.store.get();
  if (target === null || dump === null) return [];
  return explainServer({ desired, verdicts, target, dump }, service, server) ?? [];
}

function choiceOf({ destinations }: ListenerStatus, client: Client, { kind, ...prediction }: Prediction) {
  const found = 'index' in prediction ? destinations[prediction.index] : undefined;
  return {
    client: clientInWords(client),
    kind,
    server: found?.server ?? null,
    destination: found?.key ?? null,
  };
}

async function forecastOf(
  listener: ListenerStatus,
  clients: readonly Client[],
  without: ReadonlySet<string>,
): Promise<ListenerForecast> {
  const { service, destinations } = listener;
  const stays = ({ server }: DestinationStatus): boolean => server === null || !without.has(server);
  const left = { ...listener, destinations: destinations.filter(stays) };
  const ask = predictor(service, destinations);
  const askThen = without.size === 0 ? null : predictor(service, left.destinations);
  const choices: ListenerForecast['clients'][number][] = [];
  const tally = new Map<string, number>();
  for (const [at, client] of clients.entries()) {
    if (at % PER_TURN === PER_TURN - 1) await turn();
    const choice = choiceOf(listener, client, ask(client));
    if (choice.destination !== null) {
      const name = choice.server ?? choice.destination;
      tally.set(name, (tally.get(name) ?? 0) + 1);
    }
    choices.push({ ...choice, without: askThen && choiceOf(left, client, askThen(client)) });
  }
  return {
    listener: listener.key,
    scheduler: service.scheduler,
    clients: choices,
    servers: [...tally].map(([server, count]) => ({ server, clients: count })),
    removal: askThen && removalOf(service, destinations, left.destinations, without),
  };
}

function removalOf(
  service: VirtualService,
  before: readonly DestinationStatus[],
  after: readonly DestinationStatus[],
  without: ReadonlySet<string>,
): ListenerForecast['removal'] {
  const found = churn({ service, candidates: before }, { service, candidates: after }, representatives(service));
  return found && { servers: [...without], left: found.left, others: found.others, refused: found.refused };
}
