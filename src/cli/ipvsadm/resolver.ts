import { readFileSync } from 'node:fs';
import type { Protocol } from '../../model/service.ts';
import type { Resolver } from './address.ts';

/** The system's names. What is not asked for is not loaded. */
export function systemResolver(): Resolver {
  let services: ReadonlyMap<string, number> | undefined;
  return {
    async host(name) {
      const { lookup } = await import('node:dns/promises');
      const found = await lookup(name, { family: 4 }).catch(() => undefined);
      return found?.family === 4 ? found.address : undefined;
    },
    port(name, protocol) {
      services ??= portsByName(servicesText());
      return services.get(`${name}/${protocol}`);
    },
  };
}

function servicesText(): string {
  try {
    return readFileSync('/etc/services', 'latin1');
  } catch {
    return '';
  }
}

/** services(5): `name port/protocol aliases # comment`, by `name/protocol`; of several lines the first counts. */
export function portsByName(text: string): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, end = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [, port, protocol] = /^(\d+)[/,](.+)$/.exec(end) ?? [];
    if (name === undefined || port === undefined) continue;
    for (const alias of [name, ...aliases]) {
      const key = `${alias}/${protocol as Protocol}`;
      if (!ports.has(key)) ports.set(key, Number(port));
    }
  }
  return ports;
}
