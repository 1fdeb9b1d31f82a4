/** Outcomes that say something about this machine and nothing about what is checked: they change no verdict. */
export const OUR_OWN_TROUBLE: ReadonlySet<string> = new Set([
  'no-descriptors',
  'no-local-port',
  'no-resources',
  'no-interface',
  'no-protocol',
  'not-permitted',
  'no-secret',
  'check-failed',
  'stalled',
  'stopped',
]);
