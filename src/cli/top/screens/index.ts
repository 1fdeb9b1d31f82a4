import type { Screen } from '../listing.ts';
import type { ScreenName } from '../state.ts';
import { event, events } from './events.ts';
import { instance, instances } from './instances.ts';
import { server } from './server.ts';
import { servers } from './servers.ts';
import { services } from './services.ts';

export const SCREENS: Readonly<Record<ScreenName, Screen>> = {
  services,
  servers,
  instances,
  events,
  server,
  instance,
  event,
};
