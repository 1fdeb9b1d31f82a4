import { describe, expect, test } from 'vitest';
import { lookUpNames, type NameSource, readServices } from '../../../../src/cli/ipvsadm/names.ts';

const source = (found: Readonly<Record<string, string>>, asked: string[] = []): NameSource => ({
  reverse: async (address) => {
    asked.push(address);
    if (found[address] === undefined) throw new Error('ENOTFOUND');
    return found[address];
  },
  services: async () => 'http 80/tcp www\n',
});

describe('names', () => {
  test('each address is asked for once, and all at once', async () => {
    const asked: string[] = [];
    const names = await lookUpNames(
      ['10.0.0.1', 'fd00::1', '10.0.0.1'],
      source({ '10.0.0.1': 'a', 'fd00::1': 'b' }, asked),
    );
    expect(asked).toEqual(['10.0.0.1', 'fd00::1']);
    expect([names.host('10.0.0.1'), names.host('fd00::1')]).toEqual(['a', 'b']);
  });

  test('what has no name has none; no file of services is no error', async () => {
    const names = await lookUpNames(['10.0.0.9'], {
      ...source({}),
      services: () => Promise.reject(new Error('ENOENT')),
    });
    expect([names.host('10.0.0.9'), names.service(80, 'tcp')]).toEqual([undefined, undefined]);
  });

  test("the system's own", async () => {
    const names = await lookUpNames(['127.0.0.1']);
    expect(names.host('127.0.0.1')).toBe('localhost');
    expect(names.service(80, 'tcp')).toBe('http');
    expect(names.service(65500, 'tcp')).toBeUndefined();
  });

  test('services(5): the first line of a port counts, per protocol', () => {
    const ports = readServices(
      '# comment 1/tcp\nhttp\t80/tcp www # more\nwww 80/tcp\n  quic 80/udp\nbroken\nnope 0x50/tcp\nx 81/tcp#y\n',
    );
    expect([...ports]).toEqual([
      ['80/tcp', 'http'],
      ['80/udp', 'quic'],
      ['81/tcp', 'x'],
    ]);
  });
});
