import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../../src/api/client.ts';
import { openConnections, type ServedDirector, servedDirector } from '../../support/api.ts';

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

const R1 = { service: 'web', server: 'r1' };
const weight = (): number | undefined =>
  served.kernel
    .state()
    .services.flatMap(({ destinations }) => destinations)
    .find((d) => d.address === '10.0.0.11')?.weight;
const ids = async (): Promise<string[]> => (await served.client.listOverrides()).overrides.map(({ id }) => id);
const problemOf = async (work: Promise<unknown>): Promise<unknown> => {
  const error = await work.catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(ApiError);
  return (error as ApiError).problem;
};

interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Record<string, unknown>;
}

function http(method: string, path: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = body && !headers['content-type'] ? { 'content-type': 'application/json' } : {};
    const options = { socketPath: served.socket, method, path: `/api/v1${path}`, headers: { ...type, ...headers } };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, etag: response.headers.etag, body: JSON.parse(text) }),
      );
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

describe('one server', () => {
  test('gets a weight, and the one of the file again', async () => {
    const set = await served.client.setWeight({ ...R1, body: { weight: 7, reason: 'bigger box' } });
    expect(set).toMatchObject({ name: 'r1', weight: 7, administrative: 'enabled' });
    expect((await served.client.listOverrides()).overrides).toMatchObject([
      { id: 'weight:server/web/r1', value: 7, reason: 'bigger box', untilMs: null, orphan: false },
    ]);
    expect(await served.client.clearWeight(R1)).toMatchObject({ weight: 1 });
    expect(await ids()).toEqual([]);
    // To take back what is not set is no mistake.
    expect(await served.client.clearWeight(R1)).toMatchObject({ weight: 1 });
  });

  test('takes no body for an empty one, whatever type is announced, as curl with a fixed header does', async () => {
    await served.client.setWeight({ ...R1, body: { weight: 7 } });
    const json = { 'content-type': 'application/json' };
    expect(await http('DELETE', '/services/web/servers/r1/weight', json)).toMatchObject({ status: 200 });
    expect(await http('POST', '/services/web/servers/r1/drain', json)).toMatchObject({ status: 202 });
    expect(await ids()).toEqual(['drain:server/web/r1']);
    // Where a body is needed its absence is told as such.
    expect(await http('PUT', '/services/web/servers/r1/weight', json)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.weight' }] },
    });
  });

  test('is pinned, taken out, and returns', async () => {
    expect(await served.client.setState({ ...R1, body: { state: 'down' } })).toMatchObject({
      pinned: 'down',
      weight: null,
    });
    expect(await served.client.clearState(R1)).toMatchObject({ pinned: null, weight: 1 });
    const out = await served.client.setServerMaintenance({ ...R1, body: { on: true } });
    expect(out).toMatchObject({ administrative: 'maintenance', weight: null });
    expect(await problemOf(served.client.drainServer(R1))).toMatchObject({
      status: 409,
      code: 'override-conflict',
      detail: 'web/r1 is in maintenance, which stands against it',
    });
    expect(await served.client.setServerMaintenance({ ...R1, body: { on: false } })).toMatchObject({ weight: 1 });
  });

  test('is changed by a merge patch, whole or not at all', async () => {
    const patch = (body: Parameters<typeof served.client.patchServerOverrides>[0]['body']) =>
      served.client.patchServerOverrides({ ...R1, body });
    expect(await patch({ weight: { value: 5, reason: 'new' }, drain: {} })).toMatchObject({
      weight: { value: 5, reason: 'new', by: expect.stringMatching(/^(user|uid) /) },
      drain: { by: expect.stringMatching(/^(user|uid) /) },
    });
    expect(weight()).toBe(0);
    expect(await patch({ weight: { reason: null }, drain: null })).toEqual({
      weight: { value: 5, by: expect.stringMatching(/^(user|uid) /), sinceMs: expect.any(Number) },
    });
    expect(weight()).toBe(5);
    const revision = served.director.store.get().overrides.revision;
    expect(await problemOf(patch({ state: { reason: 'no value' }, weight: null }))).toMatchObject({
      status: 400,
      errors: [{ path: 'body.state.value' }],
    });
    expect(served.director.store.get().overrides.revision).toBe(revision);
    const path = '/services/web/servers/r1/overrides';
    const type = { 'content-type': 'application/merge-patch+json' };
    expect(await http('PATCH', path, type, { weight: null })).toMatchObject({
      status: 200,
      etag: `"${revision + 1}"`,
      body: {},
    });
    expect(await served.client.getServerOverrides(R1)).toEqual({});
  });

  test('is patched while a drain that stays stands under its maintenance, and not drained anew then', async () => {
    await served.client.drainServer(R1);
    await served.client.setServerMaintenance({ ...R1, body: { on: true } });
    const patch = (body: Parameters<typeof served.client.patchServerOverrides>[0]['body']) =>
      served.client.patchServerOverrides({ ...R1, body });
    expect(await patch({ weight: { value: 5 } })).toMatchObject({ drain: {}, maintenance: {}, weight: { value: 5 } });
    expect(await problemOf(patch({ drain: { reason: 'another' } }))).toMatchObject({ code: 'override-conflict' });
  });
});

test('a service in maintenance has no server left', async () => {
  const { servers } = await served.client.setServiceMaintenance({ service: 'web', body: { on: true } });
  expect(servers.map(({ administrative }) => administrative)).toEqual(['maintenance', 'maintenance']);
  expect(weight()).toBeUndefined();
  await served.client.setServiceMaintenance({ service: 'web', body: { on: false } });
  expect(weight()).toBe(1);
});

test('overrides are listed in parts, found by kind and target, and cleared one by one or together', async () => {
  await served.client.drainServer(R1);
  await served.client.setWeight({ ...R1, body: { weight: 2 } });
  await served.client.setMaintenance({ body: { on: true, reason: 'new kernel' } });
  const first = await served.client.listOverrides({ limit: 2 });
  expect(first).toMatchObject({ revision: 3, overrides: [{ kind: 'drain' }, { kind: 'weight' }] });
  expect(await served.client.listOverrides({ cursor: first.next ?? '' })).toMatchObject({
    overrides: [{ id: 'maintenance:director', reason: 'new kernel' }],
    next: null,
  });
  expect((await served.client.listOverrides({ target: 'server/web/r1', kind: 'weight' })).overrides).toHaveLength(1);
  expect(await served.client.getOverride({ override: 'drain:server/web/r1' })).toMatchObject({ kind: 'drain' });
  const cleared = await served.client.clearOverride({ override: 'drain:server/web/r1' });
  expect(cleared).toMatchObject({ revision: 4, cleared: [{ kind: 'drain' }] });
  expect(await problemOf(served.client.clearOverride({ override: 'drain:server/web/r1' }))).toMatchObject({
    status: 404,
  });
  expect(await served.client.clearOverrides({ orphan: 'true' })).toMatchObject({ revision: 4, cleared: [] });
  expect((await served.client.clearOverrides()).cleared).toHaveLength(2);
  expect(weight()).toBe(1);
});

test('a drain that is taken back as an override ends its operation', async () => {
  openConnections(served.kernel, '10.0.0.11', 2);
  const { id } = await served.client.drainServer(R1);
  await served.client.clearOverrides();
  await expect
    .poll(() => served.client.getOperation({ operation: id }), { timeout: 20_000 })
    .toMatchObject({ state: 'cancelled', why: 'the drain was taken back' });
}, 30_000);

describe('If-Match', () => {
  const path = '/services/web/servers/r1';

  test('the ETag that was read lets a change pass once; then the revision that holds is told', async () => {
    const { etag = '' } = await http('GET', path);
    expect(etag).toMatch(/^"0-[\w-]{22}"$/);
    const first = await http('PUT', `${path}/weight`, { 'if-match': etag }, { weight: 3 });
    expect(first).toMatchObject({ status: 200, etag: '"1"', body: { weight: 3 } });
    const late = await http('PUT', `${path}/weight`, { 'if-match': etag }, { weight: 9 });
    expect(late).toMatchObject({ status: 412, etag: '"1"', body: { code: 'revision-stale', revision: 1 } });
    expect(weight()).toBe(3);
    expect(await http('PUT', `${path}/weight`, { 'if-match': '"0", "1"' }, { weight: 4 })).toMatchObject({
      status: 200,
    });
    expect(await http('PUT', `${path}/weight`, { 'if-match': '*' }, { weight: 5 })).toMatchObject({ status: 200 });
    expect(await http('PUT', `${path}/weight`, {}, { weight: 6 })).toMatchObject({ status: 200, etag: '"4"' });
    const stale = problemOf(served.client.setWeight({ ...R1, body: { weight: 1 } }, { ifRevision: 1 }));
    expect(await stale).toMatchObject({ status: 412, revision: 4 });
  });

  test.each([
    ['W/"0"', 412],
    ['"other"', 412],
    ['0', 400],
    ['"0', 400],
    ['', 400],
  ])('%s is answered with %i and changes nothing', async (tag, status) => {
    expect(await http('POST', `${path}/drain`, { 'if-match': tag })).toMatchObject({ status });
    expect(weight()).toBe(1);
  });

  test('of two writers at once one wins', async () => {
    const write = (value: number) => http('PUT', `${path}/weight`, { 'if-match': '"0"' }, { weight: value });
    const answers = await Promise.all([write(11), write(12), write(13)]);
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(weight()).toBe(won[0]?.body.weight);
  });
});

test('Idempotency-Key: a repeated action is done once', async () => {
  const key = { 'idempotency-key': 'a-1' };
  const path = '/services/web/servers/r1/drain';
  const first = await http('POST', path, key, { reason: 'x' });
  await served.client.undrainServer(R1);
  expect(await http('POST', path, key, { reason: 'x' })).toEqual(first);
  expect(weight()).toBe(1);
  expect(await http('POST', path, key, { reason: 'y' })).toMatchObject({ status: 422, body: { code: 'key-used' } });
  expect(await http('POST', path, { 'idempotency-key': 'x'.repeat(256) })).toMatchObject({ status: 400 });
});

describe('a request that is wrong changes nothing', () => {
  test.each([
    ['PUT', '/services/web/servers/r1/weight', { weight: -1 }, 400],
    ['PUT', '/services/web/servers/r1/weight', { weight: 2147483648 }, 400],
    ['PUT', '/services/web/servers/r1/weight', { weight: 1.5 }, 400],
    ['PUT', '/services/web/servers/r1/weight', {}, 400],
    ['PUT', '/services/web/servers/r1/weight', { weight: 1, untilMs: 1 }, 400],
    ['PUT', '/services/web/servers/r9/weight', { weight: 1 }, 404],
    ['PUT', '/services/web/servers/r1/state', { state: 'sideways' }, 400],
    ['PUT', '/services/nope/maintenance', { on: true }, 404],
    ['PUT', '/instances/edge/maintenance', { on: true }, 404],
    ['PATCH', '/services/web/servers/r1/overrides', { weight: 5 }, 400],
    ['PATCH', '/services/web/servers/r1/overrides', { colour: 'red' }, 400],
    ['PATCH', '/services/web/servers/r9/overrides', {}, 404],
    ['DELETE', '/overrides/nothing', undefined, 404],
    ['DELETE', '/overrides?orphan=perhaps', undefined, 400],
  ] as const)('%s %s %j: %i', async (method, path, body, status) => {
    expect(await http(method, path, {}, body)).toMatchObject({ status, body: { status } });
    expect(served.director.store.get().overrides.revision).toBe(0);
  });
});
