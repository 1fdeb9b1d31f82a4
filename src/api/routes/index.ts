import type { z } from 'zod';
import { methodsOf, type RouteRow } from '../contract.ts';
import { clientRoutes } from './clients.ts';
import { configRoutes } from './config.ts';
import { directorRoutes } from './director.ts';
import { eventRoutes } from './events.ts';
import { instanceRoutes } from './instances.ts';
import { operationRoutes } from './operations.ts';
import { overrideRoutes } from './overrides.ts';
import { serviceRoutes } from './services.ts';

/** Groups of routes, in the order of the documentation. A group is a tag of the OpenAPI document. */
export const GROUPS = {
  director: directorRoutes,
  services: serviceRoutes,
  clients: clientRoutes,
  instances: instanceRoutes,
  operations: operationRoutes,
  overrides: overrideRoutes,
  config: configRoutes,
  events: eventRoutes,
} as const satisfies Record<string, Readonly<Record<string, RouteRow>>>;

export const ROUTES = {
  ...directorRoutes,
  ...serviceRoutes,
  ...clientRoutes,
  ...instanceRoutes,
  ...operationRoutes,
  ...overrideRoutes,
  ...configRoutes,
  ...eventRoutes,
} as const;

export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[];
export const rowOf = (name: RouteName): RouteRow => ROUTES[name];

const PATHS = ROUTE_NAMES.map((name) => {
  const row = rowOf(name);
  return {
    at: new RegExp(`^${row.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: methodsOf(row),
  };
});

/** The methods that a path answers (RFC 9110, 15.5.6); none where nothing is. */
export const allowedAt = (path: string): readonly string[] =>
  path === '/metrics'
    ? ['GET', 'HEAD']
    : [...new Set(PATHS.flatMap(({ at, methods }) => (at.test(path) ? methods : [])))].sort();

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;
type Part<N extends RouteName, K extends 'params' | 'query' | 'body'> = Routes[N] extends { readonly [P in K]: infer S }
  ? Output<S>
  : undefined;

/** What a handler is asked, checked. */
export interface Asked<N extends RouteName> {
  readonly params: Part<N, 'params'>;
  readonly query: Part<N, 'query'>;
  readonly body: Part<N, 'body'>;
}
