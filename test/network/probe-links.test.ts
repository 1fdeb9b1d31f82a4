import { afterAll, beforeAll, expect, test } from 'vitest';
import { familyOf } from '../../src/base/ip.ts';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import type { ProbeSource } from '../../src/model/desired.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import type { ProberPort } from '../../src/model/ports.ts';
import type { ProbeEnginePort } from '../../src/model/probe-engine.ts';
import { createProber } from '../../src/probe/index.ts';
import { settingsOf } from '../support/probe/ask.ts';
import { openSegment, type Segment } from '../support/segment.ts';

/** Probes from an interface that is deleted and made again under its name, as a VLAN's is when its network is set up anew, and
 *  from an address that goes and comes back. */

const OWN = { inet: '10.78.0.1', inet6: 'fd78::1' } as const;
const WEB = { inet: '10.78.0.2', inet6: 'fd78::2' } as const;
const FAMILIES = ['inet', 'inet6'] as const;
const lengthOf = (address: string): string => (familyOf(address) === 'inet' ? '24' : '64 nodad');
const lines = (word: string, of: Readonly<Record<string, string>>, link: string): string[] =>
  Object.values(of).map((address) => `address ${word} ${address}/${lengthOf(address)} dev ${link}`);

let segment: Segment;
let engine: ProbeEnginePort;
let prober: ProberPort;

const make = (): Promise<void> =>
  segment.ip('director', [
    'link add link eth0 name tagged address 02:00:00:00:07:01 type macvlan',
    'link set tagged up',
    ...lines('add', OWN, 'tagged'),
  ]);

beforeAll(async () => {
  segment = await openSegment(['director', 'web']);
  await segment.ip('web', lines('add', WEB, 'eth0'));
  await make();
  engine = openProbeEngine({ netns: `/run/netns/${segment.name}-director` });
  prober = createProber({ now: () => performance.now(), wall: () => Date.now() }, runProgram, engine);
}, 60_000);
afterAll(async () => {
  engine.close();
  await segment.close();
});

const ask = (kind: 'ping' | 'syn' | 'tcp', address: string, from: ProbeSource): Promise<ProbeResult> =>
  prober.probe({ address, port: 9, from }, settingsOf(kind, {}, 30_000), new AbortController().signal);

/** What a server says of which nothing listens at the port. */
const ANSWERED = { ping: 'answered', syn: 'refused', tcp: 'refused' } as const;
const KINDS = ['ping', 'syn', 'tcp'] as const;

test('an interface that is made again is asked from again, and no restart is needed', async () => {
  const all = async (): Promise<(readonly [string, string])[]> =>
    Promise.all(
      FAMILIES.flatMap((family) =>
        KINDS.map(async (kind) => [kind, (await ask(kind, WEB[family], { interface: 'tagged' })).outcome] as const),
      ),
    );
  const answered = FAMILIES.flatMap(() => KINDS.map((kind) => [kind, ANSWERED[kind]] as const));
  for (let times = 0; times < 2; times++) {
    expect(await all()).toEqual(answered);
    await segment.ip('director', ['link delete tagged']);
    expect(await all()).toEqual(answered.map(([kind]) => [kind, 'no-interface']));
    await make();
  }
  expect(await all()).toEqual(answered);
  // Nobody asked while it was not there.
  await segment.ip('director', ['link delete tagged']);
  await make();
  expect(await all()).toEqual(answered);
});

test.each(FAMILIES)('%s: that an address of ours is missing is not held against the server', async (family) => {
  const from = { address: OWN[family] };
  // Another of the subnet stays, so the way there does too.
  const other = family === 'inet' ? '10.78.0.9/24' : 'fd78::9/64 nodad';
  await segment.ip('director', [`address add ${other} dev tagged`]);
  if (family === 'inet')
    await segment.exec('director', ['sysctl', '-qw', 'net.ipv4.conf.tagged.promote_secondaries=1']);
  const all = () => Promise.all(KINDS.map(async (kind) => (await ask(kind, WEB[family], from)).outcome));
  const answered = KINDS.map((kind) => ANSWERED[kind]);
  expect(await all()).toEqual(answered);
  await segment.ip('director', [`address delete ${OWN[family]}/${family === 'inet' ? 24 : 64} dev tagged`]);
  expect(await all()).toEqual(KINDS.map(() => 'no-local-port'));
  await segment.ip('director', lines('add', { own: OWN[family] }, 'tagged'));
  expect(await all()).toEqual(answered);
});
