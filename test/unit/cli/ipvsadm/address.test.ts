import { describe, expect, test } from 'vitest';
import { ipv4From, ipv6From, multicastFrom, readEndpoint } from '../../../../src/cli/ipvsadm/address.ts';
import { leadingNumber, numberFrom } from '../../../../src/cli/ipvsadm/numbers.ts';
import { portsByName } from '../../../../src/cli/ipvsadm/resolver.ts';

const resolver = {
  host: async (name: string) => (name === 'localhost' ? '127.0.0.1' : undefined),
  port: (name: string, protocol: string) => (name === 'http' && protocol === 'tcp' ? 80 : undefined),
};

describe('addresses as ipvsadm 1.31 reads them', () => {
  test.each([
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['10.0.0.1', '10.0.0.1', null],
    ['10.9:81', '10.0.0.9', 81],
    ['10.9.1:81', '10.9.0.1', 81],
    ['10:81', '0.0.0.10', 81],
    ['0x0a.011.0.1:81', '10.9.0.1', 81],
    ['0x50', '0.0.0.80', null],
    ['10.0.0.1 x:80', '10.0.0.1', 80],
    ['10.0.0.1:+5', '10.0.0.1', 5],
    ['10.0.0.1: 5', '10.0.0.1', 5],
    ['10.0.0.1:080', '10.0.0.1', 80],
    ['10.0.0.1:http', '10.0.0.1', 80],
    ['localhost:80', '127.0.0.1', 80],
    ['[10.0.0.1]:80', '10.0.0.1', null],
    ['[localhost:9]:80', '127.0.0.1', 9],
    ['[1:2]:80', '0.0.0.1', 2],
    ['[2001:DB8::1]:80', '2001:db8::1', 80],
    ['2001:db8::1', '2001:db8::1', null],
    ['[::ffff:1.2.3.4]:80', '::ffff:102:304', 80],
    ['[1:2:3:4:5:6:7::]:80', '1:2:3:4:5:6:7:0', 80],
  ])('%s', async (text, address, port) => {
    expect(await readEndpoint(text, 'tcp', resolver)).toEqual({ address, port });
  });

  test.each([
    ...['', '80', ':80', '10.0.0.1:', '10.0.0.1:65536', '10.0.0.1:-1', '10.0.0.1:0x50', '10.0.0.1:8x', '10.0.0.256:81'],
    ...['1.2.3.4.5:81', '4294967296:81', '10.0.0.1:HTTP', '10.0.0.1:80:90', ' 10.0.0.1:80', '1.2.3.:80', '1..3:80'],
    ...[
      '0x.1:80',
      '08.1.1.1:80',
      'nosuch:80',
      '*:80',
      '[2001:db8::1]',
      '[2001:db8::1]80',
      '[2001:db8::1]:',
      '[',
      '[]:80',
    ],
    ...['[2001:db8::1', '2001:db8::1]:80', '[fe80::1%lo]:80', '[::01.2.3.4]:80', '[::1.2.3]:80', '[0::0::1]:80'],
    ...['[12345::]:80', '[:::]:80', '[::1:]:80'],
  ])('no address: %s', async (text) => {
    expect(await readEndpoint(text, 'tcp', resolver)).toBeUndefined();
  });

  test('names of ports need a protocol that has them', async () => {
    expect(await readEndpoint('10.0.0.1:http', 'udp', resolver)).toBeUndefined();
    expect(await readEndpoint('10.0.0.1:http', null, resolver)).toBeUndefined();
  });

  test('parts of an IPv4 address fill what is left', () => {
    expect(ipv4From('1.2.65535')).toBe('1.2.255.255');
    expect(ipv4From('1.2.65536')).toBeUndefined();
    expect(ipv4From('4294967295')).toBe('255.255.255.255');
    expect(ipv6From('1.2.3.4')).toBeUndefined();
  });

  test.each([
    ['224.0.0.81', '224.0.0.81'],
    ['239.255.255.255', '239.255.255.255'],
    ['ff02::51', 'ff02::51'],
    ['10.0.0.1', undefined],
    ['240.0.0.1', undefined],
    ['224.1', undefined],
    ['2001:db8::1', undefined],
    ['ff::1', undefined],
    ['[ff02::51]', undefined],
    ['', undefined],
  ])('group %s', (text, group) => {
    expect(multicastFrom(text)).toBe(group);
  });
});

test('numbers as strtol() and atoi() read them', () => {
  expect(['7', '+7', ' 7', '007'].map((text) => numberFrom(text, 0, 9))).toEqual([7, 7, 7, 7]);
  expect(['', '7x', '0x7', '-7', '10', '1e0', '7 '].map((text) => numberFrom(text, 0, 9))).toEqual(
    Array(7).fill(undefined),
  );
  expect(['64', '64x', '+64', ' 64', '', 'x', '-1'].map(leadingNumber)).toEqual([64, 64, 64, 64, 0, 0, -1]);
});

test('/etc/services by name, alias and protocol; the first line counts', () => {
  const ports = portsByName('# c\nhttp 80/tcp www # WWW\nhttp 81/tcp\ndomain 53/udp\n\nbroken\n');
  expect(Object.fromEntries(ports)).toEqual({ 'http/tcp': 80, 'www/tcp': 80, 'domain/udp': 53 });
});
