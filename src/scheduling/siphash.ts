/** The kernel's hsiphash of one 32-bit word with the same word as both halves of the key, as Maglev calls it
 *  (include/linux/siphash.h, hsiphash_1u32): on 64-bit kernels SipHash-1-3, of which the low 32 bits are kept.
 *  64-bit lanes are pairs of 32-bit halves, because BigInt is two orders slower. `value` and `key` are unsigned
 *  32-bit; so is the result. Big-endian and 32-bit kernels hash differently and are not covered. */
export function hsiphash(value: number, key: number): number {
  // "somepseudorandomlygeneratedbytes"; the key's upper half is 0, so only the lower halves are keyed.
  let v0h = 0x736f6d65;
  let v0l = 0x70736575 ^ key;
  let v1h = 0x646f7261;
  let v1l = 0x6e646f6d ^ key;
  let v2h = 0x6c796765;
  let v2l = 0x6e657261 ^ key;
  let v3h = 0x74656462;
  let v3l = 0x79746573 ^ key;
  // The only block: the message's length (4) in the top byte, the message below.
  v3h ^= 0x04000000;
  v3l ^= value;
  for (let round = 0; round < 4; round++) {
    if (round === 1) {
      v0h ^= 0x04000000;
      v0l ^= value;
      v2l ^= 0xff;
    }
    let low = (v0l >>> 0) + (v1l >>> 0);
    v0h = (v0h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
    v0l = low | 0;
    let high = (v1h << 13) | (v1l >>> 19);
    v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
    v1h = high ^ v0h;
    high = v0h;
    v0h = v0l;
    v0l = high;

    low = (v2l >>> 0) + (v3l >>> 0);
    v2h = (v2h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
    v2l = low | 0;
    high = (v3h << 16) | (v3l >>> 16);
    v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
    v3h = high ^ v2h;

    low = (v0l >>> 0) + (v3l >>> 0);
    v0h = (v0h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
    v0l = low | 0;
    high = (v3h << 21) | (v3l >>> 11);
    v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
    v3h = high ^ v0h;

    low = (v2l >>> 0) + (v1l >>> 0);
    v2h = (v2h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
    v2l = low | 0;
    high = (v1h << 17) | (v1l >>> 15);
    v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
    v1h = high ^ v2h;
    high = v2h;
    v2h = v2l;
    v2l = high;
  }
  return (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
}
