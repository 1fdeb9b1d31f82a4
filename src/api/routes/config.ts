import type { RouteRow } from '../contract.ts';
import { configStatus, configText, planStatus, validation } from '../schemas/config.ts';
import { reloadStatus } from '../schemas/director.ts';

export const configRoutes = {
  getConfig: {
    role: 'viewer',
    method: 'GET',
    path: '/api/v1/config',
    summary: 'the configuration: the file, and what runs',
    revision: 'config',
    answer: configStatus,
  },
  validateConfig: {
    role: 'viewer',
    method: 'POST',
    path: '/api/v1/config/validate',
    summary: 'every mistake of a configuration that is sent',
    body: configText,
    answer: validation,
  },
  replaceConfig: {
    role: 'admin',
    method: 'PUT',
    path: '/api/v1/config',
    summary: 'replace the configuration file by what is sent, and run it',
    doc: 'Only where `director.writable` says so (403), with the ETag of the configuration that was read as If-Match (428, 412). What a reload would refuse changes nothing, the file included. Owner and mode of the file stay; a symbolic link is not followed.',
    revision: 'config',
    body: configText,
    refuses: [428],
    answer: reloadStatus,
  },
  planConfig: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/plan',
    summary: 'what a configuration that is sent would change in the kernel, why, and whose clients move',
    doc: 'Changes nothing.',
    revision: 'config',
    body: configText,
    answer: planStatus,
  },
  reloadConfig: {
    role: 'operator',
    method: 'POST',
    path: '/api/v1/reload',
    summary: 'take the configuration file anew',
    doc: 'A file that is refused changes nothing; `accepted` tells.',
    answer: reloadStatus,
  },
} as const satisfies Record<string, RouteRow>;
