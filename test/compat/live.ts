/** Tables with connections: what they hold changes by itself. */
export const LIVE: ReadonlySet<string> = new Set(['traffic']);
