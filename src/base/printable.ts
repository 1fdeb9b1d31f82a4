/** What would move the cursor, change colours or turn the reading direction: names and evidence come from elsewhere. */
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/** Text without control characters, of which a newline becomes a blank. */
export const printable = (value: string): string =>
  PLAIN.test(value) ? value : value.replace(/[\t\n\r]+/g, ' ').replace(UNSAFE, '\ufffd');
