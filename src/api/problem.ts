import { type ErrorArguments, type ErrorCode, FairleadError, failure } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { explainFailure } from '../daemon/preflight.ts';
import { KernelError } from '../model/kernel-error.ts';
import type { Problem } from './operations.ts';

/** The HTTP status of what goes wrong on purpose. Codes without a row are 503: the daemon could not, not the request. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  unauthenticated: 401,
  'role-missing': 403,
  'wrong-origin': 403,
  'not-found': 404,
  'config-invalid': 422,
  'override-conflict': 409,
  'revision-stale': 412,
  'wrong-host': 421,
  'too-many-requests': 429,
  'revision-required': 428,
  'config-fixed': 403,
  'config-edited': 409,
  'config-refused': 422,
};

/** What a handler refuses a request with. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Omit<Problem, 'type'>) {
    super(problem.detail);
    this.problem = { type: `urn:fairlead:${problem.code}`, ...problem };
  }
}

export function refuse<C extends ErrorCode>(code: C, values: ErrorArguments<C>, more: Partial<Problem> = {}): Refusal {
  return refusalOf(failure(code, values), more);
}

export const refusalOf = (error: FairleadError, more: Partial<Problem> = {}): Refusal =>
  new Refusal({
    title: error.code.replaceAll('-', ' '),
    status: STATUS[error.code] ?? 503,
    code: error.code,
    detail: error.message,
    fix: error.fix,
    ...(error.code === 'too-many-requests' && { retryAfterS: Number(error.values.seconds) }),
    ...(error.code === 'revision-stale' && { revision: Number(error.values.current) }),
    ...more,
  });

export function noSuch(kind: string, name: string, present: readonly string[]): Refusal {
  const close = nearest(name, present);
  const some = present.length > LISTED ? `${present.slice(0, LISTED).join(', ')} and others` : present.join(', ');
  const hint = close === undefined ? '' : `; did you mean "${close}"?`;
  return refuse('not-found', { kind, name, present: (some || 'none') + hint });
}
const LISTED = 20;

/** Any error as a problem. What nobody expected says nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  if (error instanceof FairleadError) return refusalOf(error).problem;
  if (error instanceof KernelError) return refusalOf(explainFailure(error)).problem;
  const status = statusOf(error);
  const detail = status < 500 && error instanceof Error ? error.message : 'the daemon failed; its log says more';
  const code = status < 500 ? 'usage' : 'defect';
  return { type: `urn:fairlead:${code}`, title: status < 500 ? 'bad request' : 'defect', status, code, detail };
}

/** The status that the HTTP library gave its own refusals. */
const statusOf = (error: unknown): number => {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
};
