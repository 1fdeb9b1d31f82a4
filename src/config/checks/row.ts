import type { z } from 'zod';

/** One kind of check: its settings, and what a probe of it goes to. `address` needs no port (echo), `nothing` not even the
 *  server (a script, a file). */
export interface CheckRow {
  readonly settings: z.ZodObject;
  /** Setting that names the user, without which a password is of no use. */
  readonly login?: 'user' | 'bind';
  readonly to: 'tcp' | 'udp' | 'sctp' | 'address' | 'nothing';
}
