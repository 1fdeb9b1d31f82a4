import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { familyOf } from '../../src/base/ip.ts';
import { runProgram } from '../../src/daemon/programs/program.ts';
import { openProbeEngine } from '../../src/kernel/probe-engine.ts';
import type { Carrier } from '../../src/model/desired.ts';
import type { ProbeResult } from '../../src/model/health.ts';
import type { ProberPort } from '../../src/model/ports.ts';
import type { ProbeEnginePort } from '../../src/model/probe-engine.ts';
import { createProber } from '../../src/probe/index.ts';
import { settingsOf } from '../support/probe/ask.ts';
import { openSegment, type Segment } from '../support/segment.ts';

/** Half-open checks between hosts: a director that holds the service's address, and two servers that hold it on `lo`. */

const VIP = { inet: '10.77.0.100', inet6: 'fd77::100' } as const;
const WEB = { inet: ['10.77.0.2', '10.77.0.3'], inet6: ['fd77::2', 'fd77::3'] } as const;
/** Without it the kernel would take the newest address for IPv6, which is the service's. */
const OWN = { inet: '10.77.0.1', inet6: 'fd77::1' } as const;
const FAMILIES = ['inet', 'inet6'] as const;
const PORT = 80;

const SERVER = `require('node:net').createServer(() => console.log('connection')).listen(${PORT}, '::', () => console.log('ready'))`;

let segment: Segment;
let engine: ProbeEnginePort;
let prober: ProberPort;
let servers: ChildProcess[];
const heard: string[] = [];

/** Until it says `ready`. */
const serve = (host: string): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = segment.spawn(host, [process.execPath, '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.once('exit', () => reject(new Error(`the server on ${host} ended`)));
    child.stdout?.on('data', (data: Buffer) => {
      heard.push(String(data).trim());
      resolve(child);
    });
  });

const ask = (address: string, service?: { readonly address: string; readonly carrier: Carrier }, port = PORT) => {
  const settings = settingsOf('syn', { path: service ? 'service' : 'direct' }, 2000);
  const check = { ...settings.check, ...(service && { service }) };
  const from = service ? {} : { from: { address: OWN[familyOf(address)] } };
  return prober.probe({ address, port, ...from }, { ...settings, check }, new AbortController().signal);
};
const byLink = (family: keyof typeof VIP, server: 0 | 1): Promise<ProbeResult> =>
  ask(WEB[family][server], { address: VIP[family], carrier: 'link' });

/** Of packets that are for others. */
const forwarding = (on: 0 | 1): Promise<string> =>
  segment.exec('web1', ['sysctl', '-qw', `net.ipv4.ip_forward=${on}`, `net.ipv6.conf.all.forwarding=${on}`]);

beforeAll(async () => {
  segment = await openSegment(['director', 'web1', 'web2']);
  await segment.ip('director', [`address add ${VIP.inet}/32 dev eth0`, `address add ${VIP.inet6}/128 dev eth0 nodad`]);
  for (const host of ['web1', 'web2']) {
    await segment.exec(host, ['sysctl', '-qw', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv4.conf.all.arp_announce=2']);
    await segment.ip(host, [`address add ${VIP.inet}/32 dev lo`, `address add ${VIP.inet6}/128 dev lo nodad`]);
  }
  servers = await Promise.all(['web1', 'web2'].map(serve));
  engine = openProbeEngine({ netns: `/run/netns/${segment.name}-director` });
  prober = createProber({ now: () => performance.now(), wall: () => Date.now() }, runProgram, engine);
}, 60_000);
afterAll(async () => {
  engine.close();
  await segment.close();
});

test.each(FAMILIES)('%s: an open port answers, a closed one refuses, and no connection is made', async (family) => {
  const [web] = WEB[family];
  expect(await ask(web)).toMatchObject({ ok: true, outcome: 'answered' });
  expect(await ask(web, undefined, 81)).toMatchObject({ ok: false, outcome: 'refused' });
  expect(heard.filter((line) => line !== 'ready')).toEqual([]);
});

test.each(FAMILIES)(
  '%s: a router that says so is believed at once, one that is silent costs the time',
  async (family) => {
    const [web] = WEB[family];
    const far = family === 'inet' ? '192.0.2.1' : '2001:db8::1';
    await forwarding(1);
    await segment.ip('director', [`route add ${far} via ${web}`]);
    await segment.ip('web1', [`route add prohibit ${far}`]);
    expect(await ask(far)).toMatchObject({ outcome: 'unreachable', evidence: expect.stringMatching(/: unreachable$/) });
    await segment.ip('web1', [`route delete prohibit ${far}`, `route add blackhole ${far}`]);
    expect(await ask(far)).toMatchObject({ outcome: 'timeout', evidence: expect.stringMatching(/ got no answer$/) });
    await forwarding(0);
  },
);

test.each(FAMILIES)(
  '%s: a server that forgot the address of the service is found, the other stays up',
  async (family) => {
    const shown = family === 'inet' ? VIP.inet : `[${VIP.inet6}]`;
    const length = family === 'inet' ? 32 : 128;
    const [forgetful, other] = WEB[family];
    expect(await byLink(family, 0)).toMatchObject({ ok: true, evidence: `${forgetful} answered for ${shown}:${PORT}` });
    expect(await byLink(family, 1)).toMatchObject({ ok: true });
    await segment.ip('web1', [`address delete ${VIP[family]}/${length} dev lo`]);
    const [down, up] = await Promise.all([byLink(family, 0), byLink(family, 1)]);
    expect(down).toMatchObject({
      ok: false,
      outcome: 'timeout',
      evidence: `${forgetful} did not answer for ${shown}:${PORT}`,
    });
    expect(up).toMatchObject({ ok: true, evidence: `${other} answered for ${shown}:${PORT}` });
    // It would pass a SYN on to the director, which might well answer by way of another server.
    await forwarding(1);
    expect(await byLink(family, 0)).toMatchObject({
      ok: false,
      outcome: 'time-exceeded',
      evidence: `${forgetful} does not hold ${VIP[family]}: it passed on a SYN for ${shown}:${PORT}`,
    });
    await forwarding(0);
    // Its own address still answers, which is why no other check sees it.
    expect(await ask(forgetful)).toMatchObject({ ok: true });
    await segment.ip('web1', [`address add ${VIP[family]}/${length} dev lo${family === 'inet6' ? ' nodad' : ''}`]);
    expect(await byLink(family, 0)).toMatchObject({ ok: true });
  },
);

test.each(FAMILIES)('%s: on the way of the service too, a closed port refuses', async (family) => {
  const service = { address: VIP[family], carrier: 'link' } as const;
  expect(await ask(WEB[family][0], service, 81)).toMatchObject({ outcome: 'refused' });
});

test('nothing of all that is left at a server: half-open connections were reset', async () => {
  const left = await segment.exec('web1', ['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6']);
  // 03 is SYN_RECV.
  expect(left.split('\n').filter((line) => line.trim().split(/\s+/)[3] === '03')).toEqual([]);
});

test('a server that nobody can find any more is unreachable; one that comes back answers', async () => {
  await segment.ip('director', ['neighbour flush all']);
  await segment.cut('web1');
  expect(await byLink('inet', 0)).toMatchObject({ ok: false, outcome: 'unreachable' });
  expect(await byLink('inet', 1)).toMatchObject({ ok: true });
  await segment.mend('web1');
  expect(await byLink('inet', 0)).toMatchObject({ ok: true });
});

test('the kernel answers for a program that hangs, as for any check of the transport', async () => {
  servers[0]?.kill('SIGSTOP');
  expect(await ask(WEB.inet[0])).toMatchObject({ ok: true });
  servers[0]?.kill('SIGCONT');
});

test('nothing came that was not asked for', () => expect(engine.refused()).toBe(0));
