import type { LineCounter } from 'yaml';
import { err, ok, type Result } from '../base/result.ts';
import { CODES } from './codes.ts';
import { readDocument, type Spot } from './document.ts';
import { explain } from './explain.ts';
import type { ConfigIssue, Finding } from './issue.ts';
import { type Config, configSchema } from './schema.ts';
import { judge } from './semantic.ts';
import { dropAll, offsetOf, plain, standIn, type Tree } from './tree.ts';

export interface ParsedConfig {
  readonly config: Config;
  readonly warnings: ConfigIssue[];
  /** A finding about the configuration, with its place in the text. */
  locate(finding: Finding): ConfigIssue;
}

/** Reads a configuration file. Reports every mistake at once, in the order of the text; never throws. `file` is only
 *  quoted. A file with mistakes gives no configuration at all; warnings come with a good file only. */
export function parseConfig(text: string, file: string): Result<ParsedConfig, ConfigIssue[]> {
  const { spots, tree, lines } = readDocument(text);
  const locate = (found: readonly Spot[]) => inOrder(found).map((spot) => issueAt(spot, file, lines));
  if (tree === undefined) return err(locate(spots));
  const { config, found } = validate(tree);
  const issues = locate([...spots, ...found]);
  const errors = issues.filter((issue) => CODES[issue.code].severity === 'error');
  return errors.length > 0 || config === undefined
    ? err(errors)
    : ok({ config, warnings: issues, locate: (finding) => issueAt(place(finding, tree), file, lines) });
}

/** The schema first; what it refuses is taken out, so that the rules can judge what is left. */
function validate(tree: Tree): { config: Config | undefined; found: Spot[] } {
  let found: Spot[] = [];
  for (let round = 0; ; round++) {
    const read = readSettings(tree);
    if (read === undefined) return { config: undefined, found: [TOO_MANY] };
    if (read.success) {
      const judged = judge(read.data, tree).map((finding) => place(finding, tree));
      return { config: read.data, found: found.concat(judged) };
    }
    const findings = explain(read.error.issues, configSchema, tree);
    // Later rounds only see what taking out left behind, such as a service without its name.
    if (round === 0) found = findings.map((finding) => place(finding, tree));
    const broken = findings.filter(({ path, key }) => key === undefined || !standIn(tree, path, key));
    const paths = broken.map(({ path }) => path);
    const changed = dropAll(tree, paths) + findings.length - broken.length;
    if (changed === 0) return { config: undefined, found };
  }
}

const TOO_MANY: Spot = { code: 'too-large', at: 0, message: 'the file has more mistakes than can be listed' };

/** zod passes the mistakes of a list on as arguments of one call, and a hundred thousand are too many for the stack. */
function readSettings(tree: Tree) {
  try {
    return configSchema.safeParse(plain(tree));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const place = ({ path, atKey, key: _, related, ...finding }: Finding, tree: Tree): Spot => ({
  ...finding,
  at: offsetOf(tree, path, atKey),
  ...(related && { related: related.map((other) => ({ at: offsetOf(tree, other.path), message: other.message })) }),
});

/** By place in the text, each once: a part used through aliases is judged at each use. */
function inOrder(spots: readonly Spot[]): Spot[] {
  const once = new Map(spots.map((spot) => [`${spot.at} ${spot.code} ${spot.message}`, spot]));
  return [...once.values()].sort((a, b) => a.at - b.at);
}

function issueAt({ at, code, message, fix, related }: Spot, file: string, lines: LineCounter): ConfigIssue {
  const point = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  return {
    file,
    ...point(at),
    code,
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(related && { related: related.map((other) => ({ ...point(other.at), message: other.message })) }),
  };
}
