import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../../src/api/client.ts';
import { etagOf, isAmong, revisionsIn } from '../../../src/api/revision.ts';
import { type ServedDirector, servedDirector } from '../../support/api.ts';

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly text: string;
}

const get = (path: string, ifNoneMatch?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch };
    request({ socketPath: served.socket, path, headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, etag: response.headers.etag ?? '', text }));
    })
      .on('error', reject)
      .end();
  });

test.each(['/api/v1/config', '/api/v1/overrides', '/api/v1/services/web', '/api/v1/services/web/servers/r1'])(
  '%s is not sent again to who has it',
  async (path) => {
    const { etag, text } = await get(path);
    expect(text).not.toBe('');
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*'])
      expect(await get(path, tags)).toEqual({ status: 304, etag, text: '' });
    for (const tags of ['"0"', '"x"', etag.replaceAll('"', ''), ''])
      expect(await get(path, tags)).toEqual({ status: 200, etag, text });
  },
);

test('what a revision does not count changes the tag as well', async () => {
  const path = '/api/v1/services/web/servers/r1';
  const { etag } = await get(path);
  const [web] = served.kernel.state({ stats: true }).services;
  if (!web) throw new Error('no service');
  served.kernel.ipvs.setStats(web.service.id, { address: '10.0.0.11', port: 80 }, { connections: 7n });
  await served.director.reconciler.observe({ stats: true });
  const after = await get(path, etag);
  expect(after.status).toBe(200);
  expect(after.etag).not.toBe(etag);
  expect(revisionsIn(after.etag)).toEqual(revisionsIn(etag));
});

test('a refusal is told, whatever the asker has', async () => {
  expect(await get('/api/v1/services/none', '*')).toMatchObject({ status: 404 });
});

test('tags tell a revision, and a text', () => {
  expect(etagOf(7)).toBe('"7"');
  expect(etagOf(7, 'a')).not.toBe(etagOf(7, 'b'));
  expect(etagOf(7, 'a')).not.toBe(etagOf(8, 'a'));
  expect(revisionsIn(`${etagOf(7, 'a')}, "9", W/"1", "x"`)).toEqual([7, 9]);
  expect(isAmong('"7"', '"7-x"')).toBe(false);
});

test('the typed client asks with what it has, and gives that when nothing changed', async () => {
  const asked: (string | undefined)[] = [];
  const socket = join(tmpdir(), `fairlead-tags-${process.pid}.sock`);
  let text = '{"revision":1}';
  const server = createServer((question, answer) => {
    asked.push(question.headers['if-none-match']);
    const etag = etagOf(1, text);
    const same = question.headers['if-none-match'] === etag;
    answer.writeHead(same ? 304 : 200, { etag }).end(same ? undefined : text);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    const client = connect({ socket });
    const first = etagOf(1, text);
    expect(await client.getConfig()).toEqual({ revision: 1 });
    expect(await client.getConfig()).toEqual({ revision: 1 });
    text = '{"revision":2}';
    expect(await client.getConfig()).toEqual({ revision: 2 });
    expect(await client.getConfig()).toEqual({ revision: 2 });
    // Another question has another answer.
    await client.listOverrides({ limit: 1 });
    expect(asked).toEqual([undefined, first, first, etagOf(1, text), undefined]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
