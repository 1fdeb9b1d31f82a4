import { describe, expect, test } from 'vitest';
import { fold, hash32, mix } from '../../../src/scheduling/fold.ts';
import { hsiphash } from '../../../src/scheduling/siphash.ts';

const KEY = 0x9e3779b1;

test.each([
  [0, 0x1d5a77c2],
  [1, 0x16ec66b2],
  [0xffffffff, 0x22c5d719],
])('hsiphash(%i) as the kernel computes it', (value, expected) => {
  expect(hsiphash(value, KEY)).toBe(expected);
});

/** The same function in 64-bit arithmetic, written from SipHash's paper: slow and easy to check by eye. */
function reference(value: number, key: number): number {
  const mask = (1n << 64n) - 1n;
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  const k = BigInt(key);
  const block = (4n << 56n) | BigInt(value);
  let [v0, v1, v2, v3] = [
    0x736f6d6570736575n ^ k,
    0x646f72616e646f6dn ^ k,
    0x6c7967656e657261n ^ k,
    0x7465646279746573n ^ k,
  ];
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  v3 ^= block;
  round();
  v0 ^= block;
  v2 ^= 0xffn;
  for (let i = 0; i < 3; i++) round();
  return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffffffffn);
}

test('32-bit halves give what 64-bit arithmetic gives', () => {
  for (let i = 0; i < 2000; i++) {
    const value = Math.imul(i, 0x01000193) >>> 0;
    const key = Math.imul(i + 7, 0x85ebca6b) >>> 0;
    expect(hsiphash(value, key)).toBe(reference(value, key));
  }
});

test('a million hashes are done without a wait', () => {
  let sum = 0;
  for (let i = 0; i < 1_000_000; i++) sum = (sum + hsiphash(i, KEY)) >>> 0;
  expect(sum).toBeGreaterThan(0);
});

describe('fold', () => {
  test.each([
    ['192.0.2.1', 'inet', 0xc0000201],
    ['255.255.255.255', 'inet', 0xffffffff],
    ['2001:db8:5::1', 'inet6', 0x20010db8 ^ 0x00050000 ^ 1],
    ['::', 'inet6', 0],
    ['ffff:ffff::', 'inet6', 0xffffffff],
    ['2001:db8:9:1::11', 'inet', 0x20010db8],
    ['10.9.1.11', 'inet6', 0x0a09010b],
  ] as const)('%s in a service of %s', (address, family, expected) => {
    expect(fold(address, family)).toBe(expected);
  });
});

test('neighbours collide: one address up, one port down', () => {
  expect(mix(0xc0000201, 40001)).toBe(mix(0xc0000202, 40000));
  expect(mix(0xffffffff, 1)).toBe(0);
  expect(mix(0xffffffff, 65535, 4092)).toBe((0xffffffff + 65535 + 4092) % 2 ** 32);
});

test('hash_32 keeps the top bits', () => {
  expect(hash32(1, 8)).toBe(0x61);
  expect(hash32(0xffffffff, 8)).toBe((2 ** 32 - 0x61c88647) >>> 24);
});
