import type { z } from 'zod';
import type { RouteRow } from '../contract.ts';
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
