import { createHash } from 'node:crypto';
import { Refusal } from './problem.ts';

/** Revisions as entity tags (RFC 9110, 8.8.3): the ETag of what was read is the If-Match of the change. `"7-3f2a..."` is what
 *  was answered at revision 7: a change is compared by the revision, a reader by all of it, because an answer tells more than
 *  what a revision counts (counters, health, another life of the daemon). */

const DIGEST_CHARACTERS = 22;

/** `text`: the answer; without it the revision alone. */
export const etagOf = (revision: number, text?: string): string =>
  text === undefined ? `"${revision}"` : `"${revision}-${digestOf(text)}"`;

const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_CHARACTERS);

const TAG = /^(?:W\/)?"([^"]*)"$/;
const OURS = /^"(\d{1,15})(?:-[\w-]{22})?"$/;

/** The revisions that an If-Match names (RFC 9110, 13.1.1); undefined when it names none or takes any. Weak tags and tags that
 *  are not ours match nothing. Throws a refusal on what is no list of tags. */
export function revisionsIn(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags = header.split(',').map((part) => part.trim());
  const wrong = tags.find((tag) => !TAG.test(tag));
  if (wrong !== undefined) {
    const detail = `If-Match takes the ETag of an answer, in its quotes, such as "7"; got ${wrong || 'nothing'}`;
    throw new Refusal({ title: 'bad request', status: 400, code: 'usage', detail });
  }
  return tags.flatMap((tag) => {
    const revision = OURS.exec(tag)?.[1];
    return revision === undefined ? [] : [Number(revision)];
  });
}

/** Whether an If-None-Match has this tag (RFC 9110, 13.1.2); weak ones count as well. What is no list of tags has none. */
export function isAmong(etag: string, header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}
