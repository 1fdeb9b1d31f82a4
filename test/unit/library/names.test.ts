import { expect, test } from 'vitest';
import { realServer, serviceId, virtualService, warnings } from '../../../src/library/ipvs.ts';
import { serviceKey } from '../../../src/model/service.ts';

test.each([
  'tcp://10.0.0.100:80',
  'udp://[2001:db8::1]:53',
  'sctp://10.0.0.100:0',
  'fwmark://7',
  'fwmark6://4294967295',
])('%s is read as it is written', (text) => expect(serviceKey(serviceId(text))).toBe(text));

test('addresses come in one form', () => {
  expect(serviceId('tcp://[2001:DB8:0::1]:80')).toMatchObject({ address: '2001:db8::1' });
});

test.each([
  ...['', 'tcp', 'tcp://', 'tcp://10.0.0.100', 'icmp://10.0.0.100:80', 'tcp://10.0.0.100:65536', 'tcp://10.0.0:80'],
  ...['tcp://2001:db8::1:80', 'tcp://[10.0.0.100]:80', 'tcp://10.0.0.100:80 ', 'tcp://host:80', 'TCP://10.0.0.100:80'],
  ...['fwmark://0', 'fwmark://4294967296', 'fwmark://07', 'fwmark4://7', 'fwmark://-1'],
])('"%s" is no virtual service', (text) => {
  expect(() => serviceId(text)).toThrow(TypeError);
});

test('what is left out is filled in', () => {
  expect(virtualService('fwmark6://7')).toMatchObject({ scheduler: 'wlc', netmask: '128', persistence: null });
  expect(realServer('10.0.0.11:80')).toMatchObject({ forward: 'dr', weight: 1, tunnel: null });
  const tunnel = { type: 'ipip', port: 0, checksum: 'none' };
  expect(realServer('10.0.0.11:80', { forward: 'tunnel' })).toMatchObject({ forward: 'tunnel', tunnel });
  expect(() => realServer('10.0.0.11')).toThrow(TypeError);
});

test('warnings are those of the scheduler', () => {
  const destinations = [realServer('10.0.0.11:80', { weight: 0 }), realServer('10.0.0.12:80')];
  const of = (scheduler: string, schedulerFlags = 0) =>
    warnings({ service: virtualService('fwmark://7', { scheduler, schedulerFlags }), destinations });
  expect(of('sh')).toEqual([{ trap: 'weight-zero', message: expect.stringContaining('fallback') }]);
  expect([of('sh', 1), of('wlc'), of('nosuch')]).toEqual([[], [], []]);
});
