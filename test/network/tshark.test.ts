import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  endDaemon,
  fairlead,
  type InstanceSpec,
  PEERS,
  peerEnvironment,
  readLog,
  startDaemon,
  withLogs,
} from '../support/network/nodes/index.ts';
import { openSegment, type Segment, until } from '../support/segment.ts';

const BASE = { version: 3, priority: 150, advertiseMs: 100 } as const;
const VERSION_2 = { version: 2, priority: 150, advertiseMs: 1000 } as const;
const INSTANCES: readonly InstanceSpec[] = [
  { ...BASE, name: 'four', vrid: 1, addresses: ['10.77.0.101/24', '10.77.0.111/24'] },
  { ...BASE, name: 'six', vrid: 2, addresses: ['fe80::102/64', 'fd77::102/64'] },
  { ...VERSION_2, name: 'old', vrid: 3, addresses: ['10.77.0.103/24'] },
  { ...VERSION_2, name: 'password', vrid: 4, addresses: ['10.77.0.104/24'], password: 'fairlead' },
  { ...BASE, name: 'mac', vrid: 5, addresses: ['10.77.0.105/24'], virtualMac: true },
];

const FIELDS = ['vrrp.virt_rtr_id', 'vrrp.version', 'ip.ttl', 'ipv6.hlim', 'eth.src', 'vrrp.prio'] as const;
const VERDICTS = ['vrrp.checksum.status', 'ip.checksum.status', '_ws.expert.message', '_ws.malformed'] as const;
const LISTED = [
  'vrrp.ip_addr',
  'vrrp.ipv6_addr',
  'vrrp.adver_int',
  'vrrp.short_adver_int',
  'vrrp.auth_string',
] as const;

test('tshark dissects every form of our adverts, hello to goodbye, without a warning', async () => {
  const segment = await openSegment(['a']);
  const node = fairlead(segment, 'a', INSTANCES);
  try {
    const file = join(segment.folder, 'adverts.pcap');
    const capture = await startCapture(segment, file);
    await node.start();
    const heard = new Map<string, number>();
    const adverts = async (form: (priority: number) => string): Promise<void> => {
      for (const each of await segment.observer.read()) {
        if (each.kind !== 'advert') continue;
        const key = `${each.vrid} ${form(each.priority)}`;
        heard.set(key, (heard.get(key) ?? 0) + 1);
      }
    };
    const all = (what: string, least: number) =>
      INSTANCES.every(({ vrid }) => (heard.get(`${vrid} ${what}`) ?? 0) >= least);
    const form = (priority: number): string => (priority === 0 ? 'goodbye' : 'advert');
    await until('all have spoken', async () => adverts(form).then(() => all('advert', 2)));
    await node.stop();
    await until('all have said goodbye', async () => adverts(form).then(() => all('goodbye', 1)));
    await endCapture(capture);
    const rows = dissect(file);
    expect(rows.map((row) => VERDICTS.map((field) => row[field]))).toEqual(
      // 1: good. There is no checksum in an IPv6 header.
      rows.map(({ 'ipv6.hlim': hops }) => ['1', hops === '' ? '1' : '', '', '']),
    );
    for (const { vrid, version } of INSTANCES) {
      const mine = rows.filter((row) => row['vrrp.virt_rtr_id'] === String(vrid));
      expect(new Set(mine.map((row) => row['vrrp.prio']))).toEqual(new Set(['150', '0']));
      const seen = new Set(
        mine.map((row) => [...FIELDS.slice(1, 5), ...LISTED].map((field) => row[field]).join(' | ')),
      );
      expect([...seen]).toEqual([expected(vrid, version)]);
    }
  } catch (error) {
    throw withLogs(error, [node]);
  } finally {
    await segment.close();
  }
});

/** Version, TTL or hop limit, hardware address, then what is listed. */
function expected(vrid: number, version: number): string {
  const own = '02:00:00:00:00:01';
  const rows: Record<number, string> = {
    1: `${version} | 255 |  | ${own} | 10.77.0.101,10.77.0.111 |  |  | 10 | `,
    2: `${version} |  | 255 | ${own} |  | fe80::102,fd77::102 |  | 10 | `,
    3: `${version} | 255 |  | ${own} | 10.77.0.103 |  | 1 |  | `,
    4: `${version} | 255 |  | ${own} | 10.77.0.104 |  | 1 |  | fairlead`,
    5: `${version} | 255 |  | 00:00:5e:00:01:05 | 10.77.0.105 |  |  | 10 | `,
  };
  return rows[vrid] ?? '';
}

async function startCapture(segment: Segment, file: string) {
  const log = join(segment.folder, 'dumpcap.log');
  const program = [join(PEERS, 'usr/bin/dumpcap'), '-i', 'eth0', '-f', 'ip proto 112 or ip6 proto 112', '-w', file];
  const capture = startDaemon(segment, 'witness', program, log, peerEnvironment());
  await until('the capture runs', () => /^File: /m.test(readLog(log)));
  return capture;
}

/** It writes out what it has when it is asked to end. */
const endCapture = endDaemon;

type Row = Readonly<Record<string, string>>;

function dissect(file: string): Row[] {
  const names = [...FIELDS, ...VERDICTS, ...LISTED];
  const preferences = ['-o', 'ip.check_checksum:TRUE', '-o', 'vrrp.v3_checksum_as_in_v2:FALSE'];
  const args = [
    '-r',
    file,
    ...preferences,
    '-T',
    'fields',
    '-E',
    'separator=|',
    ...names.flatMap((name) => ['-e', name]),
  ];
  const options: ExecFileSyncOptionsWithStringEncoding = {
    encoding: 'utf8',
    env: peerEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  };
  const lines = execFileSync(join(PEERS, 'usr/bin/tshark'), args, options).trimEnd().split('\n');
  return lines.map((line) => {
    const values = line.split('|');
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  });
}
