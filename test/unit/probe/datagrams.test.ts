import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../../src/config/checks/index.ts';
import type { PhaseLimits } from '../../../src/model/desired.ts';
import { probe, prober, settingsOf } from '../../support/probe/ask.ts';
import { udpServer } from '../../support/probe/stub.ts';

describe('udp', () => {
  test('what is sent arrives, as text and as bytes', async () => {
    const heard: string[] = [];
    const port = await udpServer((request) => {
      heard.push(request.toString('hex'));
      return Buffer.from('fine');
    });
    expect(await probe('udp', port, { send: 'hello' })).toMatchObject({ ok: true, outcome: 'answered' });
    expect(await probe('udp', port, { send: '0x00 ff0A' })).toMatchObject({ ok: true });
    expect(await probe('udp', port)).toMatchObject({ ok: true });
    expect(heard).toEqual([Buffer.from('hello').toString('hex'), '00ff0a', '']);
  });
  test('an answer is held against a pattern, half bytes left open', async () => {
    const port = await udpServer(() => Buffer.from('8a01ff', 'hex'));
    expect(await probe('udp', port, { expect: '0x8a01' })).toMatchObject({ ok: true });
    expect(await probe('udp', port, { expect: '0x?a??ff' })).toMatchObject({ ok: true });
    expect(await probe('udp', port, { expect: '0x8b' })).toMatchObject({
      ok: false,
      outcome: 'unexpected',
      evidence: expect.stringContaining('8a01ff'),
    });
    expect(await probe('udp', port, { expect: '0x8a01ff00' })).toMatchObject({ ok: false, outcome: 'unexpected' });
  });
  test('silence is what it was said to be, and a closed port is down in any case', async () => {
    const silent = await udpServer(() => null);
    expect(await probe('udp', silent, {}, 200)).toMatchObject({ ok: false, outcome: 'timeout' });
    expect(await probe('udp', silent, { silence: 'up' }, 200)).toMatchObject({ ok: true, outcome: 'silent' });
    expect(await probe('udp', 9, { silence: 'up' })).toMatchObject({ ok: false, outcome: 'refused' });
  });
  test('an ICMP error can be ignored, and is then as silence', async () => {
    const deaf = { unreachable: 'ignore' };
    expect(await probe('udp', 9, deaf, 200)).toMatchObject({ ok: false, outcome: 'timeout' });
    expect(await probe('udp', 9, { ...deaf, silence: 'up' }, 200)).toMatchObject({ ok: true, outcome: 'silent' });
    const port = await udpServer(() => Buffer.from('fine'));
    expect(await probe('udp', port, deaf)).toMatchObject({ ok: true, outcome: 'answered' });
  });
  test('an answer may be too short or too long', async () => {
    const port = await udpServer(() => Buffer.from('fine'));
    for (const length of [{ min: 4 }, { max: 4 }, { min: 4, max: 4 }])
      expect(await probe('udp', port, { length })).toMatchObject({ ok: true });
    expect(await probe('udp', port, { length: { min: 5 } })).toMatchObject({
      ok: false,
      outcome: 'length',
      evidence: expect.stringContaining('was answered with 4 bytes, not 5 to 65535'),
    });
    expect(await probe('udp', port, { length: { max: 3 } })).toMatchObject({ ok: false, outcome: 'length' });
    const long = await udpServer(() => Buffer.alloc(5000));
    expect(await probe('udp', long, { length: { min: 5000, max: 5000 } })).toMatchObject({ ok: true });
  });
  test('the limit of the response counts, that of a connection does not', async () => {
    const port = await udpServer(() => null);
    const ask = (limits: PhaseLimits) =>
      prober.probe({ address: '127.0.0.1', port, limits }, settingsOf('udp', {}, 60_000), new AbortController().signal);
    expect(await ask({ connectMs: 10, responseMs: 60 })).toMatchObject({ ok: false, outcome: 'timeout' });
  });
  test('bytes with a digit too few are refused', () => {
    expect(CHECKS.udp.settings.safeParse({ send: '0x123' }).success).toBe(false);
    expect(CHECKS.udp.settings.safeParse({ expect: '0x?' }).success).toBe(false);
  });
});

describe('ping', () => {
  const ask = (address: string, given = {}) =>
    prober.probe({ address, port: 0 }, settingsOf('ping', given, 1000), new AbortController().signal);
  test('this machine answers, in both families', async () => {
    expect(await ask('127.0.0.1')).toMatchObject({
      ok: true,
      outcome: 'answered',
      evidence: '127.0.0.1 answered a ping',
    });
    expect(await ask('::1')).toMatchObject({ ok: true });
  });
  test('of any size, and with a time to live', async () => {
    expect(await ask('127.0.0.1', { size: 16, ttl: 1 })).toMatchObject({ ok: true });
    expect(await ask('127.0.0.1', { size: 65_000 })).toMatchObject({ ok: true });
    expect(await ask('::1', { size: 9001, ttl: 255 })).toMatchObject({ ok: true });
  });
  test('an address without a way to it is down', async () => {
    expect(await ask('255.255.255.255')).toMatchObject({ ok: false });
  });
});
