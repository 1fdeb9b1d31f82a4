import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

/** What slow readers of the event stream cost and get, over the daemon's real socket. */

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

const LONG = 'x'.repeat(60_000);
const tell = (text: string): void => served.director.store.tell('problem', text);

/** The answer, of which nothing was read yet. */
const opened = (lastEventId?: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
    const asked = request({ socketPath: served.socket, path: '/api/v1/events?kind=problem', headers }, (answer) => {
      answer.pause();
      // One that is let go ends in the middle.
      answer.on('error', () => {});
      resolve(answer);
    });
    asked.on('error', reject).end();
  });

/** Reads until there are so many events, or the end; gives their ids. */
function read(answer: IncomingMessage, count: number): Promise<string[]> {
  let text = '';
  const ids = (): string[] => [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id ?? '');
  return new Promise((resolve) => {
    answer.on('data', (part) => {
      text += part;
      if (ids().length >= count && text.endsWith('\n\n')) resolve(ids());
    });
    answer.on('close', () => resolve(ids()));
    answer.resume();
  });
}

test('a replay may be as long as what is kept', async () => {
  for (let i = 0; i < 100; i++) tell(LONG);
  const answer = await opened();
  expect(await read(answer, 100)).toHaveLength(100);
  answer.destroy();
});

test('a reader that pauses hears what happened meanwhile, each once', async () => {
  const answer = await opened();
  for (let i = 0; i < 300; i++) tell(LONG);
  const ids = await read(answer, 300);
  expect(new Set(ids).size).toBe(300);
  tell('one more');
  expect((await read(answer, 1)).length).toBeGreaterThan(0);
  answer.destroy();
});

test('a reader so slow that events were forgotten is let go, counted, and comes back with its Last-Event-ID', async () => {
  const { counts } = served.director.store;
  const before = counts.lettingGo.get('events-unread') ?? 0;
  const answer = await opened();
  for (let i = 0; i < 1500; i++) tell(LONG.slice(0, 6000));
  const ids = await read(answer, 1500);
  expect(ids.length).toBeLessThan(1500);
  expect(counts.lettingGo.get('events-unread') ?? 0).toBe(before + 1);
  const again = await opened(ids.at(-1));
  expect(await read(again, 500)).not.toContain(ids.at(-1));
  again.destroy();
});
