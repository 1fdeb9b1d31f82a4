import { z } from 'zod';

/** The same setting for every kind that connects: what a server behind HAProxy's PROXY protocol wants first. */
export const proxy = z
  .enum(['v1', 'v2'])
  .optional()
  .meta({ description: 'begin with a PROXY header of this version, as load balancers do; it comes before TLS' });
