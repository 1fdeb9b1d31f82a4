import { RE2JS } from 're2js';

const compiled = new Map<string, RE2JS>();
const MOST = 1000;

/** Whether, and where, a pattern matches. Linear in the text, whatever the pattern: a server cannot make us think for long. */
export function matchEnd(pattern: string, text: string): number | null {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    if (compiled.size >= MOST) compiled.clear();
    regex = RE2JS.compile(pattern);
    compiled.set(pattern, regex);
  }
  const matcher = regex.matcher(text);
  return matcher.find() ? matcher.end() : null;
}

/** Whether bytes begin as `digits` say: hexadecimal, half a byte at a time, `?` is any. */
export function bytesBegin(digits: string, bytes: Buffer): boolean {
  const hex = bytes.subarray(0, Math.ceil(digits.length / 2)).toString('hex');
  return hex.length >= digits.length && [...digits].every((digit, i) => digit === '?' || digit === hex[i]);
}

/** Where the first such bytes end, wherever they begin. */
export function bytesEnd(digits: string, bytes: Buffer): number | null {
  const size = digits.length / 2;
  const fixed = Buffer.from(/^([0-9a-f]{2})*/.exec(digits)?.[0] ?? '', 'hex');
  for (let at = bytes.indexOf(fixed); at >= 0 && at + size <= bytes.length; at = bytes.indexOf(fixed, at + 1))
    if (fixed.length === size || bytesBegin(digits, bytes.subarray(at))) return at + size;
  return null;
}
