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
