import type { HTTPMethods } from 'fastify';
import { z } from 'zod';
import type { Role } from '../model/role.ts';

/** What a client accepts that wants events as they happen. */
export const EVENT_STREAM = 'text/event-stream';
/** What an answer in lines is: JSON, one value a line. */
export const LINES = 'application/x-ndjson';
/** RFC 7396. */
export const MERGE_PATCH = 'application/merge-patch+json';

/** One route, whole. Server, client, OpenAPI document and docs/api.md are made from these rows; the key of a row is its
 *  operationId. */
export interface RouteRow {
  /** The least that a caller has to be. */
  readonly role: Role;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `/api/v1/services/{service}`. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  /** What else has to be known. */
  readonly doc?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A string takes the body as it stands, whatever its type. */
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** The same as server-sent events, for who accepts those: one for each item. */
  readonly events?: z.ZodType;
  /** The answer comes in lines as it is found, each of them what `answer` says. */
  readonly lines?: true;
  /** 200, unless named. */
  readonly status?: 200 | 202;
  /** Whose revision the ETag of its answer names, and If-Match of a change is compared with. */
  readonly revision?: 'overrides' | 'config';
  /** Other load balancers ask it: it answers HEAD and OPTIONS with the status that GET would have. */
  readonly probe?: true;
  /** Statuses of refusals of its own. */
  readonly refuses?: readonly number[];
  /** A second status with the same answer. */
  readonly otherwise?: { readonly status: 503; readonly means: string };
}

/** The methods a row answers. A stream has no beginning that HEAD could ask for. */
export const methodsOf = ({ method, probe, lines, events }: RouteRow): readonly HTTPMethods[] =>
  probe ? ['GET', 'HEAD', 'OPTIONS'] : method === 'GET' && !lines && !events ? ['GET', 'HEAD'] : [method];

/** Whether the body is a text of the route's own and not JSON for the API. */
export const takesText = ({ body }: RouteRow): boolean => body instanceof z.ZodString;
