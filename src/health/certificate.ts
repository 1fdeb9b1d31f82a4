import type { Verdict } from '../model/health.ts';

/** As probes append it to what they found. */
const NOTE = /; its certificate (ends in \d+ days?|has ended)/g;

/** Why a server is as it is, and what its certificate is like now: when the verdict changed may be long ago. */
export function whyNow({ why, certificate }: Pick<Verdict, 'why' | 'certificate'>): string {
  if (certificate === undefined) return why;
  const { warning } = certificate;
  return `${why.replace(NOTE, '')}${warning === '' ? '' : `; ${warning}`}`;
}
