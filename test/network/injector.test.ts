import { expect, test } from 'vitest';
import { forge } from '../support/network/advert.ts';
import { startInjector } from '../support/network/injector.ts';
import { openSegment, until } from '../support/segment.ts';

test('the injector sends any bytes from any address with any TTL, in both families', async () => {
  const segment = await openSegment();
  const injector = startInjector(segment);
  try {
    const advert = { vrid: 51, priority: 254, interval: 10 };
    const packets = [
      { from: '10.77.0.1', to: '224.0.0.18', ttl: 255, addresses: ['10.77.0.100'] },
      { from: '203.0.113.9', to: '10.77.0.2', ttl: 1, addresses: [] },
      { from: 'fe80::9', to: 'ff02::12', ttl: 255, addresses: ['fe80::100', 'fd77::100'] },
      { from: 'fd77::9', to: 'fd77::1', ttl: 7, addresses: ['fe80::100'] },
    ].map(({ addresses, ...packet }) => ({
      ...packet,
      bytes: forge({ ...advert, addresses, source: packet.from, destination: packet.to }),
    }));
    await injector.send(packets, 1);
    const seen: object[] = [];
    await until('all were seen', async () => {
      for (const each of await segment.observer.read()) if (each.kind === 'advert') seen.push(each);
      return seen.length >= packets.length;
    });
    expect(seen).toEqual(
      packets.map(({ from, to, ttl, bytes }) =>
        expect.objectContaining({
          port: 'witness',
          source: from,
          destination: to,
          ttl,
          vrid: 51,
          priority: 254,
          intervalMs: 100,
          hex: bytes.toString('hex'),
        }),
      ),
    );
  } finally {
    injector.close();
    await segment.close();
  }
});
