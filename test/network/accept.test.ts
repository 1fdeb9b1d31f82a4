import { afterEach, expect, test } from 'vitest';
import { fairlead } from '../support/network/nodes/index.ts';
import { ROOT } from '../support/network/nodes/node.ts';
import { address4, address6, linkLocal, openSegment, type Segment, until } from '../support/segment.ts';

/** `accept: false`: the master answers for its addresses and forwards, and takes no packet to them. */

const VIPS = ['10.77.0.100', 'fd77::100', 'fe80::100'] as const;
const INSTANCE = {
  name: 'edge',
  vrid: 51,
  version: 3,
  priority: 150,
  advertiseMs: 100,
  addresses: VIPS.map((address) => `${address}/${address.includes(':') ? 64 : 24}`),
} as const;
/** Addresses of the router itself, which answer always. */
const OWN: Readonly<Record<(typeof VIPS)[number], string>> = {
  '10.77.0.100': address4(1),
  'fd77::100': address6(1),
  'fe80::100': linkLocal(1),
};
const SILENT = { udp: null, tcp: false };
const ANSWERED = { udp: 'a', tcp: true };

let segment: Segment;
afterEach(() => segment.close());

const scoped = (address: string): string => (address.startsWith('fe80') ? `${address}%eth0` : address);

async function asked(address: string, control: string): Promise<unknown> {
  const script = `${ROOT}/test/support/network/asker.mjs`;
  return JSON.parse(await segment.exec('client', [process.execPath, script, scoped(address), scoped(control)]));
}

/** What each virtual address answered, where the router's own address of its kind did. */
const answers = (): Promise<unknown[]> => Promise.all(VIPS.map((vip) => asked(vip, OWN[vip])));

/** The router that is master, once it holds everything. */
async function master(accept: boolean, virtualMac = false): Promise<ReturnType<typeof fairlead>> {
  segment = await openSegment(['a']);
  const node = fairlead(segment, 'a', [{ ...INSTANCE, virtualMac }], { instance: { accept } });
  await node.start();
  await held(true);
  return node;
}

const held = (yes: boolean): Promise<void> =>
  until(yes ? 'all are held' : 'all are gone', async () => {
    const there = await segment.addresses('a');
    return VIPS.every((vip) => there.includes(vip) === yes);
  });

/** By its own entry for the address, the client was told by ARP or neighbour discovery who has it. */
const neighbours = async (): Promise<string[]> => {
  const entries = JSON.parse(await segment.exec('client', ['ip', '-json', 'neigh'])) as {
    dst: string;
    lladdr?: string;
  }[];
  return VIPS.map((vip) => entries.find(({ dst }) => dst === vip)?.lladdr ?? 'nobody');
};

test.each([
  ['on the interface', false, '02:00:00:00:00:01'],
  ['on the virtual hardware address', true, '00:00:5e:00:01:33'],
])('%s: it answers ARP and neighbour discovery, takes nothing, and forwards', async (_, virtualMac, mac) => {
  await master(false, virtualMac);
  await segment.ip('client', ['neigh flush all']);
  expect(await answers()).toEqual(VIPS.map(() => SILENT));
  expect(await neighbours()).toEqual(VIPS.map(() => mac));

  // Behind the router, as far as the client knows.
  await segment.ip('witness', ['address add 10.88.0.1/32 dev lo', 'address add fd88::1/128 dev lo nodad']);
  await segment.ip('client', ['route add 10.88.0.1 via 10.77.0.100', 'route add fd88::1 via fe80::100 dev eth0']);
  await segment.exec('a', ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  await segment.ip('a', ['route add 10.88.0.1 via 10.77.0.201', 'route add fd88::1 via fd77::201']);
  for (const behind of ['10.88.0.1', 'fd88::1']) {
    segment.observer.probe(behind);
    await until(`${behind} answers`, async () =>
      (await segment.observer.read()).some((each) => each.kind === 'answer' && each.node === 'witness'),
    );
  }
});

test('a reload closes and opens addresses that are held, and their holder does not change', async () => {
  const node = await master(true);
  expect(await answers()).toEqual(VIPS.map(() => ANSWERED));
  const reload = (accept: boolean) => node.reload([{ ...INSTANCE }], { accept });
  expect(await reload(false)).toBe(true);
  expect(await answers()).toEqual(VIPS.map(() => SILENT));
  expect(await reload(true)).toBe(true);
  expect(await answers()).toEqual(VIPS.map(() => ANSWERED));
  expect((await node.instances())[0]?.transitions).toBe(2);
});

test.each(['SIGTERM', 'SIGKILL'] as const)('nothing of it is left after %s', async (signal) => {
  const node = await master(false);
  if (signal === 'SIGTERM') await node.stop();
  else process.kill(node.mainPid(), signal);
  await held(false);
  // Whoever has the addresses now is not hindered.
  await segment.ip(
    'a',
    INSTANCE.addresses.map((each) => `address add ${each} dev eth0${each.includes(':') ? ' nodad' : ''}`),
  );
  expect(await answers()).toEqual(VIPS.map(() => ANSWERED));
});
