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

/** Where the first bytes end that are as `digits` say, wherever they begin: hexadecimal, two a byte, `?` is any. None begins
 *  before `from`. */
export function bytesEnd(digits: string, bytes: Buffer, from = 0): number | null {
  const size = digits.length / 2;
  const values = Buffer.from(digits.replaceAll('?', '0'), 'hex');
  const masks = Buffer.from(digits.replace(/[^?]/g, 'f').replaceAll('?', '0'), 'hex');
  const isAt = (at: number): boolean => {
    for (let i = 0; i < size; i++)
      if ((((bytes[at + i] ?? 0) ^ (values[i] ?? 0)) & (masks[i] ?? 0)) !== 0) return false;
    return true;
  };
  for (let at = from; at + size <= bytes.length; at++) if (isAt(at)) return at + size;
  return null;
}
