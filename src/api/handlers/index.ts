import { clientHandlers } from './clients.ts';
import { configHandlers } from './config.ts';
import { directorHandlers } from './director.ts';
import { eventHandlers } from './events.ts';
import { instanceHandlers } from './instances.ts';
import { operationHandlers } from './operations.ts';
import { overrideHandlers } from './overrides.ts';
import type { Handlers, Parts } from './parts.ts';
import { serviceHandlers } from './services.ts';

/** What each route does. A route without a handler does not compile. */
export const handlersOf = (parts: Parts): Handlers => ({
  ...directorHandlers(parts),
  ...serviceHandlers(parts),
  ...clientHandlers(parts),
  ...instanceHandlers(parts),
  ...operationHandlers(parts),
  ...overrideHandlers(parts),
  ...configHandlers(parts),
  ...eventHandlers(parts),
});
