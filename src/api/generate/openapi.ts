import type { z } from 'zod';
import { VERSION } from '../../base/version.ts';
import { EVENT_STREAM, LINES, MERGE_PATCH, type RouteRow, takesText } from '../contract.ts';
import { GROUPS } from '../routes/index.ts';
import { problem } from '../schemas/common.ts';
import { type JsonSchema, SchemaBook } from './schemas.ts';

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** Any of them says who asks; over the unix socket the kernel does. */
const SCHEMES = {
  token: { type: 'http', scheme: 'bearer', description: 'a token by `fairlead token new`' },
  certificate: { type: 'mutualTLS', description: 'a client certificate that a row of `api.roles` names' },
};

/** What a request may be refused for, beside its own mistakes. */
const REFUSALS: Readonly<Record<string, string>> = {
  401: 'nothing said who asks, or it is not believed',
  403: 'the caller has a lesser role, or the configuration does not permit it',
  400: 'the request is not what this document says',
  429: 'too many requests; Retry-After tells when the next may come',
  404: 'there is no such thing',
  409: 'what is set stands against it',
  412: 'somebody else changed it meanwhile; `revision` and ETag tell the revision that holds',
  413: 'the body is larger than 1 MB',
  422: 'the Idempotency-Key was used for another request, or what was sent cannot be used',
  428: 'a revision is needed: If-Match',
  503: 'not possible now',
};

const header = (name: string, description: string): JsonSchema => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

/** The OpenAPI 3.1 document of every route. */
export function openapi(): JsonSchema {
  const book = new SchemaBook();
  book.of(problem, 'output');
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const [tag, rows] of Object.entries(GROUPS)) {
    for (const [name, row] of Object.entries(rows as Readonly<Record<string, RouteRow>>)) {
      paths[row.path] ??= {};
      (paths[row.path] as Record<string, JsonSchema>)[row.method.toLowerCase()] = operationOf(name, tag, row, book);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version: VERSION,
      summary: 'The admin API of a packet director',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: Object.keys(GROUPS).map((name) => ({ name })),
    paths,
    components: {
      schemas: book.components,
      securitySchemes: SCHEMES,
    },
  };
}

function operationOf(name: string, tag: string, row: RouteRow, book: SchemaBook): JsonSchema {
  const { status = 200, otherwise } = row;
  const refusals = Object.keys(REFUSALS).filter(
    (code) => refuses(row, Number(code)) && Number(code) !== otherwise?.status,
  );
  return {
    operationId: name,
    tags: [tag],
    summary: row.summary,
    ...(row.doc && { description: row.doc }),
    'x-fairlead-role': row.role,
    security: row.role === 'anyone' ? [{}] : Object.keys(SCHEMES).map((name) => ({ [name]: [] })),
    ...parameters(row, book),
    ...(row.body && {
      requestBody: {
        required: !row.body.safeParse({}).success,
        content: Object.fromEntries(
          typesOf(row).map((type) => [type, { schema: book.of(row.body as z.ZodType, 'input') }]),
        ),
      },
    }),
    responses: {
      [status]: answered(status === 202 ? 'begun' : 'done', row, book),
      ...(row.revision &&
        row.method === 'GET' && { 304: { description: 'If-None-Match has the ETag of what would be answered' } }),
      ...(otherwise && { [otherwise.status]: answered(otherwise.means, row, book) }),
      ...Object.fromEntries(refusals.map((code) => [code, { description: REFUSALS[code], content: PROBLEM }])),
    },
  };
}

function typesOf(row: RouteRow): string[] {
  if (takesText(row)) return ['application/yaml', 'application/json'];
  return row.method === 'PATCH' ? [MERGE_PATCH, 'application/json'] : ['application/json'];
}

function refuses(row: RouteRow, status: number): boolean {
  if (status === 429) return true;
  if (row.refuses?.includes(status)) return true;
  if (status === 401 || status === 403) return row.role !== 'anyone';
  if (status === 428) return false;
  if (status === 503) return row.method !== 'GET';
  const changes = row.method !== 'GET';
  if (status === 409 || status === 412) return changes && row.revision !== undefined;
  if (status === 422) return changes;
  if (status === 413) return row.body !== undefined;
  return (row.params ?? row.query ?? row.body) !== undefined;
}

function parameters(row: RouteRow, book: SchemaBook): { parameters?: JsonSchema[] } {
  const list: JsonSchema[] = [];
  for (const where of ['path', 'query'] as const) {
    const schema = where === 'path' ? row.params : row.query;
    if (!schema) continue;
    const { properties = {}, required = [] } = book.of(schema, 'input') as {
      properties?: Record<string, JsonSchema>;
      required?: string[];
    };
    for (const [name, { description, ...rest }] of Object.entries(properties))
      list.push({
        name,
        in: where,
        required: required.includes(name),
        ...(description !== undefined && { description }),
        schema: rest,
      });
  }
  if (row.events) list.push(header('Last-Event-ID', 'go on after this event'));
  if (row.method === 'GET') {
    if (row.revision)
      list.push(header('If-None-Match', 'the ETag of the answer before: 304 and no body if it is still the same'));
  } else {
    if (row.revision) list.push(header('If-Match', `only if the revision is still that of this ETag`));
    list.push(header('Idempotency-Key', 'the same key again gets the answer and no second action, for 10 minutes'));
  }
  return list.length > 0 ? { parameters: list } : {};
}

function answered(description: string, row: RouteRow, book: SchemaBook): JsonSchema {
  return {
    description,
    ...(row.revision && {
      headers: {
        ETag: {
          description: `revision of the ${row.revision}${row.method === 'GET' ? ', and a digest of the answer' : ''}`,
          schema: { type: 'string' },
        },
      },
    }),
    content: {
      [row.lines ? LINES : 'application/json']: { schema: book.of(row.answer, 'output') },
      ...(row.events && { [EVENT_STREAM]: { schema: book.of(row.events, 'output') } }),
    },
  };
}
