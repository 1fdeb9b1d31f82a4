import { describe, expect, test } from 'vitest';
import { parseTotals } from '../../../src/kernel/ipvs-totals.ts';
import { render } from '../../../src/metrics/render.ts';
import { familiesFor } from '../../../src/metrics/table.ts';
import type { Compat } from '../../../src/model/metrics.ts';
import { parse, type Sample, scene } from '../../support/metrics.ts';

const told = (compat: Compat): Sample[] =>
  parse([...render(familiesFor([compat]), scene(), 'prometheus')].join('')).samples;
const named = (samples: readonly Sample[], name: string): Sample[] => samples.filter((one) => one.name === name);

/** What panels and alerts of that exporter's users ask for: names and labels as its own documentation has them. */
const MEHDY: Readonly<Record<string, readonly string[]>> = {
  '': ['keepalived_up'],
  'iname,intf,vrid': [
    'keepalived_advertisements_received_total',
    'keepalived_advertisements_sent_total',
    'keepalived_become_master_total',
    'keepalived_release_master_total',
    'keepalived_packet_length_errors_total',
    'keepalived_advertisements_interval_errors_total',
    'keepalived_ip_ttl_errors_total',
    'keepalived_invalid_type_received_total',
    'keepalived_address_list_errors_total',
    'keepalived_authentication_invalid_total',
    'keepalived_authentication_mismatch_total',
    'keepalived_authentication_failure_total',
    'keepalived_priority_zero_received_total',
    'keepalived_priority_zero_sent_total',
    'keepalived_gratuitous_arp_delay_total',
    // As its first releases and its published dashboard have them.
    ...['advert_rcvd', 'advert_sent', 'become_master', 'release_master', 'packet_len_err', 'advert_interval_err'],
    ...['ip_ttl_err', 'invalid_type_rcvd', 'addr_list_err', 'invalid_authtype', 'authtype_mismatch', 'auth_failure'],
    ...['pri_zero_rcvd', 'pri_zero_sent', 'garp_delay'],
  ].map((name) => (name.startsWith('keepalived_') ? name : `keepalived_${name}`)),
  'iname,intf,vrid,ip_address': [
    'keepalived_vrrp_state',
    'keepalived_vrrp_excluded_state',
    'keepalived_exporter_check_script_status',
    'keepalived_check_script_status',
  ],
  name: ['keepalived_script_status', 'keepalived_script_state'],
};

const GEN2BRAIN: Readonly<Record<string, readonly string[]>> = {
  '': ['keepalived_up'],
  'name,intf,vrid,state': [
    ...['advert_rcvd', 'advert_sent', 'become_master', 'release_master', 'packet_len_err', 'advert_interval_err'],
    ...['ip_ttl_err', 'invalid_type_rcvd', 'addr_list_err', 'invalid_authtype', 'authtype_mismatch', 'auth_failure'],
    ...['pri_zero_rcvd', 'pri_zero_sent'],
  ].map((name) => `keepalived_vrrp_${name}`),
  'addr,proto': ['in_packets', 'out_packets', 'in_bytes', 'out_bytes', 'conn'].map((n) => `keepalived_lvs_vip_${n}`),
  'vip,addr,proto': ['in_packets', 'out_packets', 'in_bytes', 'out_bytes', 'conn'].map((n) => `keepalived_lvs_rs_${n}`),
};

const NODE_EXPORTER: Readonly<Record<string, readonly string[]>> = {
  '': ['connections', 'incoming_packets', 'outgoing_packets', 'incoming_bytes', 'outgoing_bytes'].map(
    (name) => `node_ipvs_${name}_total`,
  ),
  'local_address,local_port,remote_address,remote_port,proto,local_mark': [
    'connections_active',
    'connections_inactive',
    'weight',
  ].map((name) => `node_ipvs_backend_${name}`),
};

const cases = (
  [
    ['mehdy', MEHDY],
    ['gen2brain', GEN2BRAIN],
    ['node_exporter', NODE_EXPORTER],
  ] as const
).flatMap(([compat, names]) =>
  Object.entries(names).flatMap(([labels, list]) => list.map((name) => [compat, name, labels] as const)),
);

describe('a query of that name returns data, with the labels that people select and group by', () => {
  test.each(cases)('%s: %s', (compat, name, labels) => {
    const found = named(told(compat), name);
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) expect(Object.keys(one.labels).sort().join()).toBe(labels.split(',').sort().join());
  });

  test.each(['mehdy', 'gen2brain', 'node_exporter'] as const)('%s: there is nothing beside them', (compat) => {
    const names = new Set(cases.filter(([of]) => of === compat).map(([, name]) => name));
    const extra = told(compat)
      .map(({ name }) => name)
      .filter((name) => !/^(fairlead|process|nodejs)_/.test(name) && !names.has(name));
    expect([...new Set(extra)]).toEqual(compat === 'mehdy' ? ['keepalived_exporter_build_info'] : []);
  });
});

describe('values', () => {
  test('states are keepalived numbers, one series for each address', () => {
    expect(named(told('mehdy'), 'keepalived_vrrp_state').map(({ labels, value }) => [labels, value])).toEqual([
      [{ iname: 'edge', intf: 'eth0', vrid: '51', ip_address: '10.0.0.100' }, '2'],
      [{ iname: 'edge', intf: 'eth0', vrid: '51', ip_address: '10.0.0.101' }, '2'],
      [{ iname: 'bare', intf: 'eth1', vrid: '52', ip_address: '2001:db8::100' }, '1'],
    ]);
    const excluded = named(told('mehdy'), 'keepalived_vrrp_excluded_state');
    expect(excluded.map(({ labels }) => labels.ip_address)).toEqual(['2001:db8::101']);
  });

  test('counters of an instance', () => {
    const values = Object.fromEntries(
      told('mehdy')
        .filter(({ labels }) => labels.iname === 'edge' && labels.ip_address === undefined)
        .map(({ name, value }) => [name.replace(/^keepalived_|_total$/g, ''), value]),
    );
    expect(values).toMatchObject({
      advertisements_received: '10',
      advertisements_sent: '20',
      become_master: '3',
      release_master: '2',
      packet_length_errors: '5',
      advertisements_interval_errors: '4',
      ip_ttl_errors: '1',
      invalid_type_received: '5',
      address_list_errors: '6',
      authentication_mismatch: '7',
      priority_zero_received: '4',
      priority_zero_sent: '5',
    });
    expect(named(told('gen2brain'), 'keepalived_vrrp_advert_sent')[0]?.labels.state).toBe('MASTER');
  });

  test('a firewall mark is told as /proc has it', () => {
    const [mark] = named(told('node_exporter'), 'node_ipvs_backend_weight').filter(
      ({ labels }) => labels.proto === 'FWM',
    );
    expect(mark?.labels).toEqual({
      local_address: '',
      local_port: '0',
      remote_address: '10.0.0.21',
      remote_port: '0',
      proto: 'FWM',
      local_mark: '000000FF',
    });
  });

  test('protocols are numbers, and the address holds its port', () => {
    const rows = named(told('gen2brain'), 'keepalived_lvs_rs_conn').map(({ labels }) => labels);
    expect(rows).toContainEqual({ vip: '10.0.0.100:53', addr: '10.0.0.21:53', proto: '17' });
    expect(rows).toContainEqual({ vip: '[2001:db8::100]:80', addr: '[fd00::13]:80', proto: '6' });
  });

  test('totals are read from /proc', () => {
    const text = `   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
      1F      A00       FF          1000000                0

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0
`;
    const expected = { connections: 31n, inPackets: 2560n, outPackets: 255n, inBytes: 16_777_216n, outBytes: 0n };
    expect(parseTotals(text)).toEqual(expected);
    expect(parseTotals('')).toBeNull();
  });
});
