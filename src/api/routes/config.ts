import type { RouteRow } from '../contract.ts';
import { reloadStatus } from '../schemas/director.ts';

export const configRoutes = {
  reloadConfig: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/reload',
    summary: 'take the configuration file anew',
    doc: 'A file that is refused changes nothing; `accepted` tells.',
    answer: reloadStatus,
  },
} as const satisfies Record<string, RouteRow>;
