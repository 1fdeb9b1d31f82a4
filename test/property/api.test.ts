import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openapi } from '../../src/api/generate/openapi.ts';
import type { Peer } from '../../src/model/role.ts';
import { type ServedDirector, servedDirector } from '../support/api.ts';

/** Requests made from our own OpenAPI document, most of them broken somewhere. */

type Schema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Whom no file of this machine names: may look and no more. */
const VIEWER: Peer = { pid: 1, uid: 54321, gid: 54321, groups: [] };
const UNLIMITED = '{ requestsPerSecond: 1000000 }';

let served: ServedDirector;
let watched: ServedDirector;
beforeAll(async () => {
  served = await servedDirector({ api: UNLIMITED });
  watched = await servedDirector({ api: UNLIMITED, peerOf: () => VIEWER });
});
afterAll(async () => {
  await served.stop();
  await watched.stop();
});

const document = openapi() as { paths: Record<string, Record<string, Operation>> };
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const KNOWN = ['web', 'r1', 'r2', 'dns', '10.0.0.13', 'health', '1', '0', '100', 'peer'];
const odd = fc.oneof(
  fc.constantFrom(...KNOWN),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('', '../..', '%00', '__proto__', '-1', '1e99', 'NaN', 'x'.repeat(400)),
);

function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type !== 'object') return odd;
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  return fc.record(Object.fromEntries(properties.map(([key, inner]) => [key, valuesOf(inner)])));
}

interface Asked {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly allowed: readonly string[];
}

const value = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
  fc.constantFrom('*', '"0"', 'W/"0"', '"0", "1"', '"', ',', 'x'.repeat(300), 'application/json', 'text/event-stream'),
  fc.constantFrom('text/yaml; charset=utf-16', 'application/x-ndjson', 'gzip', 'identity', '1-1', '-', 'Bearer x'),
);
/** Headers that mean something to us, or to what is underneath; some twice. */
const headers = fc.dictionary(
  fc.constantFrom(
    ...['if-match', 'if-none-match', 'idempotency-key', 'accept', 'content-type', 'content-encoding', 'last-event-id'],
    ...[
      'authorization',
      'origin',
      'range',
      'te',
      'x-forwarded-for',
      'x-http-method-override',
      'accept-encoding',
      'cookie',
    ],
  ),
  fc.oneof(value, fc.tuple(value, value)),
  { maxKeys: 4 },
);

const asked: fc.Arbitrary<Asked> = fc.constantFrom(...operations).chain(({ path, method, operation }) => {
  const parameters = operation.parameters ?? [];
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = schema
    ? fc.oneof(
        valuesOf(schema).map((value) => JSON.stringify(value)),
        fc.json(),
        fc.string(),
        fc.constant(undefined),
      )
    : fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.json());
  const query = fc.dictionary(
    fc.constantFrom('unknown', ...parameters.filter((each) => each.in === 'query').map(({ name }) => name)),
    odd,
    { maxKeys: 3 },
  );
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return fc.record({ values: fc.tuple(...names.map(() => odd)), query, body, headers }).map((made) => {
    let place = 0;
    const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(String(made.values[place++])));
    const search = Object.entries(made.query).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
    const url = search.length > 0 ? `${filled}?${search.join('&')}` : filled;
    return {
      id: operation.operationId,
      method,
      url,
      body: made.body,
      headers: made.headers,
      allowed: Object.keys(operation.responses),
    };
  });
});

function send(
  socketPath: string,
  { method, url, body, headers: more }: Asked,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...more,
    };
    const sent = request({ socketPath, method, path: url, headers, timeout: 10_000 }, (response) => {
      let text = '';
      // It would go on.
      if (response.headers['content-type'] === 'text/event-stream') {
        sent.destroy();
        return resolve({ status: response.statusCode ?? 0, text });
      }
      response.on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer: ${method} ${url}`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function stateOf({ director, kernel }: ServedDirector): string {
  const { overrides, revision } = director.store.get();
  return JSON.stringify([[...overrides.rows], revision, kernel.state({ stats: false })]);
}

const RUNS = Number(process.env.API_RUNS ?? 1500);

test('no request makes the daemon fail or hang, and a refused one changes nothing', { timeout: 300_000 }, async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(asked, async (question) => {
      const before = stateOf(served);
      const { status, text } = await send(served.socket, question);
      expect(status).not.toBe(500);
      if (status === 304) {
        expect(question.headers).toHaveProperty('if-none-match');
        return;
      }
      const answer: unknown = text === '' || status < 400 ? {} : JSON.parse(text);
      if (status < 400) {
        expect(question.allowed).toContain(String(status));
        return;
      }
      refused++;
      expect(stateOf(served)).toBe(before);
      // A probe's "no" is an answer and no problem.
      if (status !== 503 || question.method !== 'GET') expect(answer).toHaveProperty('code');
    }),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 20);
});

test('no request of a viewer changes anything, whatever its method and form', { timeout: 300_000 }, async () => {
  let turnedAway = 0;
  const before = stateOf(watched);
  await fc.assert(
    fc.asyncProperty(asked, async (question) => {
      const { status } = await send(watched.socket, question);
      expect(status).not.toBe(500);
      expect(stateOf(watched)).toBe(before);
      if (status === 403) turnedAway++;
    }),
    { numRuns: RUNS / 3 },
  );
  expect(turnedAway).toBeGreaterThan(RUNS / 60);
});
