import { Refusal } from './problem.ts';

/** Revisions as entity tags (RFC 9110, 8.8.3): the ETag of what was read is the If-Match of the change. */

export const etagOf = (revision: number): string => `"${revision}"`;

const TAG = /^(?:W\/)?"([^"]*)"$/;

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
  return tags.flatMap((tag) => (/^"\d{1,15}"$/.test(tag) ? [Number(tag.slice(1, -1))] : []));
}
