import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { familyOf } from '../../src/base/ip.ts';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import type { PreparedProbe, ProberPort } from '../../src/model/ports.ts';
import type { ProbeEnginePort } from '../../src/model/probe-engine.ts';
import { createProber } from '../../src/probe/index.ts';
import { settingsOf } from '../support/probe/ask.ts';
import { openSegment, type Segment } from '../support/segment.ts';

/** Pings across a router that says what becomes of them, and what is lost of many. */

const clock = { now: () => performance.now(), wall: () => Date.now() };
const WEB = { inet: '10.77.0.2', inet6: 'fd77::2' } as const;
let segment: Segment;
beforeAll(async () => {
  segment = await openSegment(['director', 'web']);
  await segment.exec('web', ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
}, 60_000);
afterAll(() => segment.close());

/** The kernel limits how many errors it sends to one host. */
const unlimited = (): Promise<string> =>
  segment.exec('web', ['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0']);

// A group that may use ICMP sockets, or nobody: then they are raw.
describe.each([
  ['ICMP sockets', '0 2147483647'],
  ['raw sockets', '1 0'],
])('over %s', (_name, groups) => {
  let engine: ProbeEnginePort;
  let prober: ProberPort;
  let prepared: PreparedProbe | undefined;
  beforeAll(async () => {
    await segment.exec('director', ['sysctl', '-qw', `net.ipv4.ping_group_range=${groups}`]);
    await unlimited();
    engine = openProbeEngine({ netns: `/run/netns/${segment.name}-director` });
    prober = createProber(clock, runProgram, engine);
  });
  afterEach(() => prepared?.close());
  afterAll(() => engine.close());

  const ask = (address: string, given: object = {}): Promise<ProbeResult> =>
    prober.probe({ address, port: 0 }, settingsOf('ping', given, 5000), new AbortController().signal);

  test.each([
    ['inet', '192.0.2.1'],
    ['inet6', '2001:db8::1'],
  ] as const)('%s: errors are told at once', async (family, far) => {
    await segment.ip('director', [`route replace ${far} via ${WEB[family]}`]);
    await segment.ip('web', [`route replace prohibit ${far}`]);
    expect(familyOf(far)).toBe(family);
    expect(await ask(WEB[family])).toMatchObject({ ok: true, evidence: `${WEB[family]} answered a ping` });
    expect(await ask(far)).toMatchObject({ ok: false, phase: 'response', outcome: 'unreachable' });
    await segment.ip('web', [`route delete prohibit ${far}`, `route replace ${far} dev eth0`]);
    expect(await ask(far, { ttl: 1 })).toMatchObject({
      ok: false,
      outcome: 'time-exceeded',
      evidence: `${far} could not be pinged: time-exceeded`,
    });
    // Neighbours who do not answer are found out by the kernel.
    expect(await ask(family === 'inet' ? '10.77.0.99' : 'fd77::99')).toMatchObject({ outcome: 'unreachable' });
    expect(await ask(WEB[family])).toMatchObject({ ok: true });
    await segment.ip('web', [`route delete ${far} dev eth0`]);
  });

  test('of a window so many may be lost, and those that were are forgotten', async () => {
    const settings = settingsOf('ping', { window: 4, loss: 25 }, 300);
    const results: ProbeResult[] = [];
    let told: () => void = () => {};
    prepared = prober.prepare?.({ address: WEB.inet, port: 0 }, settings, (result) => {
      results.push(result);
      told();
    });
    const next = async (): Promise<string | undefined> => {
      const answered = new Promise<void>((resolve) => {
        told = resolve;
      });
      prepared?.ask(performance.now());
      await answered;
      const last = results.at(-1);
      return last && `${last.ok} ${last.outcome}: ${last.evidence}`;
    };
    const lost = (count: number, of: number): string => `${WEB.inet} lost ${count} of the last ${of} pings`;
    for (const seen of [1, 2, 3, 4, 4]) expect(await next()).toBe(`true answered: ${lost(0, seen)}`);
    await segment.cut('web');
    expect(await next()).toBe(`true answered: ${lost(1, 4)}`);
    expect(await next()).toBe(`false lossy: ${lost(2, 4)}`);
    await segment.mend('web');
    for (const _ of [1, 2]) expect(await next()).toBe(`false lossy: ${lost(2, 4)}`);
    expect(await next()).toBe(`true answered: ${lost(1, 4)}`);
    expect(await next()).toBe(`true answered: ${lost(0, 4)}`);
  });
});
