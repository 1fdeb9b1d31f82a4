/** Addresses as text to and from bytes in network order, for the packed records: called for every record of a dump, so
 *  written without allocation. */

const DOT = 46;
const COLON = 58;

/** Writes a dotted quad as 4 bytes; false when the text is none. */
export function writeIpv4(bytes: Uint8Array, at: number, text: string): boolean {
  let part = -1;
  let place = at;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (part < 0 || place === at + 3) return false;
      bytes[place++] = part;
      part = -1;
    } else {
      if (code < 48 || code > 57) return false;
      part = (part < 0 ? 0 : part * 10) + code - 48;
      if (part > 255) return false;
    }
  }
  if (part < 0 || place !== at + 3) return false;
  bytes[place] = part;
  return true;
}

let network = 0;
let networkText = '0.0.0.';

export function readIpv4(bytes: Uint8Array, at: number): string {
  // Neighbours share the first three parts: one piece of text for all of them is less to make and to keep.
  const same = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (same !== network) {
    network = same;
    networkText = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.`;
  }
  return `${networkText}${bytes[at + 3]}`;
}

/** Writes an IPv6 address without a dotted part as 16 bytes; false when the text is none. */
export function writeIpv6(bytes: Uint8Array, at: number, text: string): boolean {
  let place = at;
  let gap = -1;
  let group = -1;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : COLON;
    if (code !== COLON) {
      const digit = code <= 57 ? code - 48 : (code | 32) - 87;
      if (digit < 0 || digit > 15 || (code > 57 && digit < 10) || ++digits > 4) return false;
      group = (group < 0 ? 0 : group << 4) | digit;
      continue;
    }
    if (group >= 0) {
      if (place === at + 16) return false;
      bytes[place++] = group >> 8;
      bytes[place++] = group & 255;
      group = -1;
      digits = 0;
    } else if (i === text.length ? text.charCodeAt(i - 2) !== COLON : i === 0 && text.charCodeAt(1) !== COLON) {
      return false;
    } else if (i > 0 && i < text.length) {
      if (gap >= 0) return false;
      gap = place;
    }
  }
  if (gap < 0) return place === at + 16;
  if (place === at + 16) return false;
  const end = at + 16;
  bytes.copyWithin(end - (place - gap), gap, place);
  bytes.fill(0, gap, end - (place - gap));
  return true;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function readIpv6(bytes: Uint8Array, at: number): string {
  const group = (i: number) => ((bytes[at + 2 * i] as number) << 8) | (bytes[at + 2 * i + 1] as number);
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && group(end) === 0) end++;
    if (end - i > length) {
      best = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === best) {
      text += '::';
      i += length - 1;
    } else {
      text += text === '' || text.endsWith(':') ? group(i).toString(16) : `:${group(i).toString(16)}`;
    }
  }
  return text;
}
