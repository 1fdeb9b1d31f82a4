import { createHash } from 'node:crypto';
import type { CheckOf } from '../config/checks/index.ts';
import type { HeaderLine, HttpAnswer } from './http-exchange.ts';
import { bad, type Finding, good } from './kind.ts';
import { matchEnd } from './pattern.ts';

/** What must be so of one page. */
export type Page = Pick<
  CheckOf<'http'>,
  'path' | 'status' | 'body' | 'match' | 'notBody' | 'notMatch' | 'answerHeaders' | 'digest'
>;

/** So much is kept of a body; of one whose digest is asked for, so much is read. */
const MAX_BODY_BYTES = 64 * 1024;
export const MAX_DIGEST_BYTES = 4 * 1024 * 1024;

/** Whether the status is all that is asked of a page. */
export const isStatusAll = (page: Page): boolean => isHeadAll(page) && page.answerHeaders === undefined;

/** Whether nothing is asked of the body. */
const isHeadAll = ({ body, match, notBody, notMatch, digest }: Page): boolean =>
  [body, match, notBody, notMatch, digest].every((wanted) => wanted === undefined);

export function judgeStatus(status: number, page: Page, asked: string): Finding {
  const answered = `${asked} answered ${status}`;
  const outcome = `status-${status}`;
  if (page.status.some(([from, to]) => status >= from && status <= to)) return good('response', outcome, answered);
  return bad('match', outcome, answered).finding;
}

export async function judgePage({ status, lines, body }: HttpAnswer, page: Page, asked: string): Promise<Finding> {
  const first = judgeStatus(status, page, asked);
  if (!first.ok || isStatusAll(page)) return first;
  const { outcome, evidence: answered } = first;
  for (const wanted of page.answerHeaders ?? []) {
    const wrong = headerWrong(lines, wanted);
    if (wrong !== null) return bad('match', 'header', `${answered} ${wrong}`).finding;
  }
  if (isHeadAll(page)) return good('match', outcome, `${answered} with the expected headers`);
  const { start, digest } = await read(body, page.digest !== undefined, answered);
  if (page.body !== undefined && !start.includes(page.body)) {
    const evidence = `${answered} without ${JSON.stringify(page.body)} in its first ${start.length} bytes`;
    return bad('match', 'body', evidence).finding;
  }
  if (page.match !== undefined && matchEnd(page.match, start.toString('utf8')) === null) {
    const evidence = `${answered}, and /${page.match}/ matches nothing in its first ${start.length} bytes`;
    return bad('match', 'body', evidence).finding;
  }
  if (page.notBody !== undefined && start.includes(page.notBody))
    return bad('match', 'body', `${answered} with ${JSON.stringify(page.notBody)} in its body`).finding;
  if (page.notMatch !== undefined && matchEnd(page.notMatch, start.toString('utf8')) !== null)
    return bad('match', 'body', `${answered}, and /${page.notMatch}/ matches in its body`).finding;
  if (page.digest !== undefined && digest !== page.digest)
    return bad('match', 'digest', `${answered} with a body of digest ${digest} and not ${page.digest}`).finding;
  return good(
    'match',
    outcome,
    `${answered} with ${page.digest === undefined ? 'the expected text' : 'the expected body'}`,
  );
}

/** What is wrong with a header, to be appended to what was answered; null: nothing is. */
function headerWrong(lines: readonly HeaderLine[], wanted: NonNullable<Page['answerHeaders']>[number]): string | null {
  const { name, value, match, not } = wanted;
  const values = valuesOf(lines, name.toLowerCase());
  const found = values.find(
    (has) => (value === undefined || has === value) && (match === undefined || matchEnd(match, has) !== null),
  );
  if ((found !== undefined) !== not) return null;
  if (found !== undefined) return `with the header ${name}: ${JSON.stringify(found.slice(0, 100))}`;
  const [first] = values;
  if (first === undefined) return `without the header ${name}`;
  const expected = [
    ...(value === undefined ? [] : [JSON.stringify(value)]),
    ...(match === undefined ? [] : [`/${match}/`]),
  ];
  return `with the header ${name}: ${JSON.stringify(first.slice(0, 100))} where ${expected.join(' and ')} was expected`;
}

/** Several lines of one name are one value (RFC 9110 5.2), but for the one that has commas of its own (RFC 6265 3). */
function valuesOf(lines: readonly HeaderLine[], name: string): readonly string[] {
  const values = lines.filter(([has]) => has === name).map(([, value]) => value);
  return name === 'set-cookie' || values.length < 2 ? values : [values.join(', ')];
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
