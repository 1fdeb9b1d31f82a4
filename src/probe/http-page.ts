import { createHash } from 'node:crypto';
import type { CheckOf } from '../config/checks/index.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { bad, type Finding, good } from './kind.ts';
import { matchEnd } from './pattern.ts';

/** What must be so of one page. */
export type Page = Pick<CheckOf<'http'>, 'path' | 'status' | 'body' | 'match' | 'digest'>;

/** So much is kept of a body; of one whose digest is asked for, so much is read. */
const MAX_BODY_BYTES = 64 * 1024;
export const MAX_DIGEST_BYTES = 4 * 1024 * 1024;

/** Whether the status is all that is asked of a page. */
export const isStatusAll = ({ body, match, digest }: Page): boolean =>
  body === undefined && match === undefined && digest === undefined;

export function judgeStatus(status: number, page: Page, asked: string): Finding {
  const answered = `${asked} answered ${status}`;
  const outcome = `status-${status}`;
  if (page.status.some(([from, to]) => status >= from && status <= to)) return good('response', outcome, answered);
  return bad('match', outcome, answered).finding;
}

export async function judgePage({ status, body }: HttpAnswer, page: Page, asked: string): Promise<Finding> {
  const first = judgeStatus(status, page, asked);
  if (!first.ok || isStatusAll(page)) return first;
  const { outcome, evidence: answered } = first;
  const { start, digest } = await read(body, page.digest !== undefined, answered);
  if (page.body !== undefined && !start.includes(page.body)) {
    const evidence = `${answered} without ${JSON.stringify(page.body)} in its first ${start.length} bytes`;
    return bad('match', 'body', evidence).finding;
  }
  if (page.match !== undefined && matchEnd(page.match, start.toString('utf8')) === null) {
    const evidence = `${answered}, and /${page.match}/ matches nothing in its first ${start.length} bytes`;
    return bad('match', 'body', evidence).finding;
  }
  if (page.digest !== undefined && digest !== page.digest)
    return bad('match', 'digest', `${answered} with a body of digest ${digest} and not ${page.digest}`).finding;
  return good(
    'match',
    outcome,
    `${answered} with ${page.digest === undefined ? 'the expected text' : 'the expected body'}`,
  );
}

async function read(
  body: AsyncIterable<Buffer>,
  whole: boolean,
  answered: string,
): Promise<{ readonly start: Buffer; readonly digest: string }> {
  const hash = createHash('md5');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    if (size < MAX_BODY_BYTES) parts.push(part);
    size += part.length;
    hash.update(part);
    if (whole && size > MAX_DIGEST_BYTES)
      throw bad('response', 'too-long', `${answered} with more than ${MAX_DIGEST_BYTES} bytes`);
    if (!whole && size >= MAX_BODY_BYTES) break;
  }
  return { start: Buffer.concat(parts).subarray(0, MAX_BODY_BYTES), digest: hash.digest('hex') };
}
