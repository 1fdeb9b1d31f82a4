import { refuse } from '../problem.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A part of a list. The cursor names the item after which to go on, so that a list that changes meanwhile neither repeats
 *  nor loses what stays; when that item is gone, the reader has to begin anew. */
export function pageOf<T>(
  items: readonly T[],
  key: (item: T) => string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<T> {
  let start = 0;
  if (cursor !== undefined) {
    const last = Buffer.from(cursor, 'base64url').toString('utf8');
    start = items.findIndex((item) => key(item) === last) + 1;
    if (start === 0)
      throw refuse('usage', { detail: `the cursor names "${last}", which is no longer there: begin anew` });
  }
  const part = items.slice(start, start + limit);
  const last = part.at(-1);
  const more = start + limit < items.length && last !== undefined;
  return { items: part, next: more ? Buffer.from(key(last), 'utf8').toString('base64url') : null };
}
