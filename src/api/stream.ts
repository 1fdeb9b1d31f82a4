import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Store } from '../daemon/store.ts';
import type { LetGo } from '../metrics/counts.ts';
import { EVENT_STREAM } from './contract.ts';
import { eventFilter, eventOf } from './handlers/events.ts';
import type { Asked } from './routes/index.ts';

const HEARTBEAT_MS = 15_000;

/** A stream without events ends so long after its reader lost the right to it. */
const ASKED_AGAIN_MS = 1000;

interface Reader {
  /** Its Last-Event-ID. */
  readonly last: string | undefined;
  /** Whether it may still read. */
  may(): boolean;
}

/** Events as server-sent events: what is kept and newer than `after` or Last-Event-ID, then what happens. Ids are
 *  `LIFE-NUMBER`: numbers begin anew with each daemon, and one of an earlier life would hide what happened since. A reader costs
 *  no more than its connection's buffer: the next event is taken from the store when it took the last ones, and one so slow that
 *  the store has forgotten what it has not read is let go, and may come back with its Last-Event-ID. */
export function streamEvents(
  store: Store,
  response: ServerResponse,
  query: Asked<'listEvents'>['query'],
  { last: lastEventId, may }: Reader,
): void {
  const life = Math.round(store.get().startedAt).toString(36);
  const wanted = eventFilter(query);
  response.writeHead(200, { 'content-type': EVENT_STREAM, 'cache-control': 'no-store' });
  const letGo = (reason: LetGo): void => {
    store.counts.letGo(reason);
    response.destroy();
  };
  const [heardLife, heardId] = (lastEventId ?? '').split('-');
  const after = lastEventId === undefined ? query.after : heardLife === life ? Number(heardId) || 0 : 0;
  /** Id of the last event that was looked at. */
  let heard: number | undefined;
  let full = false;
  let moved = true;
  const write = (text: string): void => {
    full = !response.write(text);
  };
  const tell = (event: Parameters<typeof eventOf>[0]): void => {
    const missed = heard !== undefined && event.id > heard + 1;
    heard = event.id;
    if (missed) letGo('events-unread');
    else if (!wanted(event)) return;
    else if (!may()) letGo('right-lost');
    else write(`id: ${life}-${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(eventOf(event))}\n\n`);
  };
  const goOn = (): void => {
    for (const event of store.events(heard ?? after)) {
      if (full || response.destroyed) return;
      tell(event);
    }
  };
  write(': events of Fairlead\n\n');
  goOn();
  heard ??= store.events().at(-1)?.id;
  response.on('drain', () => {
    full = false;
    moved = true;
    goOn();
  });
  const end = store.onEvent((event) => {
    if (response.destroyed) return;
    if (!full) tell(event);
    else if (heard !== undefined && store.oldestEvent > heard + 1) letGo('events-unread');
  });
  const heartbeat = setInterval(() => {
    // Not even the last heartbeat was taken.
    if (response.writableLength > 0 && !moved) letGo('events-unread');
    else if (!full) write(': still here\n\n');
    moved = false;
  }, HEARTBEAT_MS);
  const asking = setInterval(() => {
    if (!response.destroyed && !may()) letGo('right-lost');
  }, ASKED_AGAIN_MS);
  response.on('close', () => {
    end();
    clearInterval(asking);
    clearInterval(heartbeat);
  });
  response.on('error', () => {});
}

const PIECE_CHARACTERS = 16 * 1024;

/** Values as lines of JSON, gathered into pieces that are worth a write. The first is there before this resolves, so that
 *  what goes wrong at the beginning is a refusal and no answer that breaks off. To let go of it is to let go of the values. */
export async function linesOf(values: AsyncIterable<unknown>): Promise<Readable> {
  const iterator = values[Symbol.asyncIterator]();
  const first = await iterator.next();
  const lines = Readable.from(
    (async function* () {
      let piece = '';
      for (let next = first; !next.done; next = await iterator.next()) {
        piece += `${JSON.stringify(next.value)}\n`;
        if (piece.length < PIECE_CHARACTERS) continue;
        yield piece;
        piece = '';
      }
      if (piece !== '') yield piece;
    })(),
  );
  // Not in the generator: one that was never asked for anything runs no `finally`.
  return lines.once('close', () => void iterator.return?.());
}
