import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { forge } from '../support/network/advert.ts';
import { startInjector } from '../support/network/injector.ts';
import { openSegment } from '../support/segment.ts';

const from4 = { from: '10.77.0.9', to: '224.0.0.18', ttl: 255 };
const from6 = { from: 'fe80::9', to: 'ff02::12', ttl: 255 };

test('`fairlead vrrp dump` tells of what an interface sees, in both families, and what is wrong with it', async () => {
  const segment = await openSegment();
  const injector = startInjector(segment);
  const program = [process.execPath, 'dist/cli.js', 'vrrp', 'dump', 'eth0', '--json', '--count', '5'];
  const child = segment.spawn('a', program, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    if (!child.stdout) throw new Error('the program has no output');
    const exited = once(child, 'exit');
    const seen: Record<string, unknown>[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => seen.push(JSON.parse(line) as Record<string, unknown>));
    const good = forge({
      vrid: 51,
      priority: 150,
      interval: 10,
      addresses: ['10.77.0.100'],
      source: from4.from,
      destination: from4.to,
    });
    const good6 = forge({
      vrid: 52,
      priority: 100,
      interval: 100,
      addresses: ['fe80::100', 'fd77::100'],
      source: from6.from,
      destination: from6.to,
    });
    const broken = Buffer.from(good);
    broken[2] = 254;
    const packets = [
      { ...from4, bytes: good },
      { ...from6, bytes: good6 },
      { ...from4, bytes: broken },
      { ...from4, ttl: 254, bytes: good },
      { ...from4, bytes: good.subarray(0, 5) },
    ];
    // Until it listens nothing is seen: sent again until all of one go were.
    const over = { yet: false };
    const ended = exited.then(() => (over.yet = true));
    while (!over.yet) {
      const before = seen.length;
      await injector.send(packets, 1);
      await Promise.race([ended, once(lines, 'line').catch(() => {}), new Promise((done) => setTimeout(done, 200))]);
      if (before === 0 && seen.length === 0) continue;
      await Promise.race([ended, new Promise((done) => setTimeout(done, 500))]);
    }
    expect((await exited)[0]).toBe(0);
    const all = [
      { family: 'inet', source: '10.77.0.9', destination: '224.0.0.18', vrid: 51, verdict: 'accepted', ttl: 255 },
      { family: 'inet6', source: 'fe80::9', vrid: 52, addresses: ['fe80::100', 'fd77::100'], verdict: 'accepted' },
      { vrid: 51, priority: 254, checksum: 'wrong', verdict: 'checksum' },
      { ttl: 254, verdict: 'ttl' },
      { size: 5, verdict: 'short' },
    ];
    expect(seen).toHaveLength(5);
    // It may have begun to listen in the middle of a go.
    for (const row of all) expect(seen).toContainEqual(expect.objectContaining(row));
  } finally {
    injector.close();
    await segment.close();
  }
});
