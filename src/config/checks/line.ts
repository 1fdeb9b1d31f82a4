import { RE2JS } from 're2js';
import { z } from 'zod';

/** Text that ends up in one line of a protocol, and so must not end that line itself. */
export const line = z
  .string()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out
  .regex(/^[^\u0000-\u001f\u007f]+$/)
  .meta({ word: 'text', expects: 'text without control characters' });

const compiles = (text: string): boolean => {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
};

/** RE2's language: no pattern takes more than linear time, whatever a server sends. */
export const pattern = z
  .string()
  .min(1)
  .refine(compiles, { abort: true })
  .meta({ word: 'pattern', expects: 'a regular expression of RE2 (no back references, no look-around)' });
