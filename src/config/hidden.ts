import { isAlias, isNode, isScalar, parseDocument, visit } from 'yaml';

/** Secrets belong into files of their own. Some may stand in the configuration, and whoever reads it through the API is not
 *  told those. */

export const HIDDEN = '<not shown>';

/** Keys whose values are not told, at whatever place: keys of VRRP, passwords, what HTTP checks log in with. */
const SECRET_KEY = /^(secret|password|authorization|proxy-authorization|cookie|x-api-key)$/i;
/** What is left of such a setting in a comment; it may be a real one that was put out of use. */
const IN_COMMENT = /(#.*?(?:secret|password|authorization|cookie|x-api-key)["']?\s*[:=]\s*)\S.*$/gim;
/** The same as a line of a header. */
const SECRET_LINE = /^(authorization|proxy-authorization|cookie|x-api-key)\s*:/i;

/** A text without any of this has no secret; one with a backslash may spell such a word otherwise. */
const MAYBE_SECRET = /secret|password|authorization|cookie|x-api-key|\\/i;
export const maySecretsBeIn = (text: string): boolean => MAYBE_SECRET.test(text);

/** The text with HIDDEN in the place of each secret, all else as it stands. Of a text that cannot be read nothing is told, because
 *  its secrets may be anywhere. */
export function hideInText(text: string): string {
  // To read a long text costs half a second.
  if (!maySecretsBeIn(text)) return text;
  const spans: [number, number, string][] = [];
  const hide = ({ range }: { range?: readonly number[] | null | undefined }, shown: string): void => {
    if (range) spans.push([range[0] ?? 0, range[1] ?? 0, JSON.stringify(shown)]);
  };
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) return `# ${HIDDEN}: what is no YAML has its secrets anywhere. ${error.message.split('\n')[0]}\n`;
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !SECRET_KEY.test(String(key.value)) || !isNode(value)) return undefined;
      // An alias tells nothing; what it stands for does, wherever that is.
      const node = isAlias(value) ? value.resolve(document) : value;
      if (node) hide(node, HIDDEN);
      return visit.SKIP;
    },
    Scalar(_, node) {
      if (typeof node.value === 'string' && SECRET_LINE.test(node.value)) hide(node, hiddenLine(node.value));
    },
  });
  return spans
    .sort(([a], [b]) => b - a)
    .reduce((rest, [from, to, shown]) => `${rest.slice(0, from)}${shown}${rest.slice(to)}`, text)
    .replaceAll(IN_COMMENT, `$1${HIDDEN}`);
}

/** The same of a value made of plain objects and lists. */
export function hideInValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideInValue);
  if (typeof value === 'string' && SECRET_LINE.test(value)) return hiddenLine(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) && inner !== undefined ? HIDDEN : hideInValue(inner),
    ]),
  );
}

const hiddenLine = (line: string): string => `${line.slice(0, line.indexOf(':') + 1)} ${HIDDEN}`;
