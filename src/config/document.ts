import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type YAMLError,
} from 'yaml';
import type { IssueCode } from './codes.ts';
import type { Entry, Tree } from './tree.ts';

/** What is read of a file. Every setting fits; what does not is a mistake or an attack. */
export const LIMITS = { characters: 16 * 1024 * 1024, depth: 64, values: 1_000_000, lexemes: 3_000_000 } as const;

/** A mistake at an offset of the text. */
export interface Spot {
  readonly code: IssueCode;
  readonly at: number;
  readonly message: string;
  readonly fix?: string | undefined;
  readonly related?: readonly { readonly at: number; readonly message: string }[];
}

export interface ReadDocument {
  readonly spots: readonly Spot[];
  /** Absent when nothing can be judged. */
  readonly tree?: Tree;
  readonly lines: LineCounter;
}

/** YAML text to a tree with offsets. Never throws. */
export function readDocument(text: string): ReadDocument {
  const lines = new LineCounter();
  const only = (code: IssueCode, at: number, message: string, fix?: string): ReadDocument => ({
    spots: [{ code, at, message, fix }],
    lines,
  });
  lines.addNewLine(0);
  if (text.length > LIMITS.characters) return only('too-large', 0, 'the file is larger than 16 MiB');
  const tokens = tokenize(text, lines);
  if ('code' in tokens) return only(tokens.code, tokens.at, tokens.message);
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  const documents = [...composer.compose(tokens, true, text.length)];
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (errors.length > 0) return { spots: syntaxSpots(errors, text), lines };
  const [first, second] = documents;
  if (second !== undefined) {
    const at = second.contents?.range?.[0] ?? second.range?.[0] ?? 0;
    return only('several-documents', at, 'a second YAML document begins here', 'keep one document in the file');
  }
  if (first === undefined || isEmpty(first)) {
    return only('empty', 0, 'the file holds no settings', 'see examples/minimal.yaml for the smallest useful one');
  }
  const builder = new TreeBuilder();
  const built = builder.build(first.contents, 0);
  return builder.refused ? { spots: builder.spots, lines } : { spots: builder.spots, tree: built.tree, lines };
}

const isEmpty = ({ contents }: Document.Parsed): boolean =>
  contents === null || (isScalar(contents) && contents.value === null);

/** The syntax tokens, unless they nest too deep or would take too much memory: what follows recurses and keeps everything,
 *  this does not. */
function tokenize(text: string, lines: LineCounter): CST.Token[] | Spot {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    const at = parser.offset;
    // The document itself is one level; a map inside a list takes one for each.
    if (parser.stack.length > LIMITS.depth + 1)
      return { code: 'too-deep', at, message: `nested deeper than ${LIMITS.depth} levels` };
    if (++count > LIMITS.lexemes)
      return { code: 'too-large', at, message: `the file has more than ${LIMITS.lexemes} words and signs` };
  }
  tokens.push(...parser.end());
  return tokens;
}

const SYNTAX_FIXES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BLOCK_AS_IMPLICIT_KEY: 'put a value that holds ": " in quotes',
  BAD_SCALAR_START: 'put the value in quotes',
  MISSING_CHAR: 'close what was opened, and put text that holds [ ] { } or , in quotes',
  TAG_RESOLVE_FAILED: 'remove the tag; settings need none',
};

function syntaxSpots(errors: readonly YAMLError[], text: string): Spot[] {
  const spots = new Map<number, Spot>();
  for (const error of errors) {
    const spot = bareListener(error, text) ?? {
      code: 'syntax',
      at: error.pos[0],
      message: error.message.charAt(0).toLowerCase() + error.message.slice(1),
      fix: SYNTAX_FIXES[error.code],
    };
    // A bare listener is several mistakes to YAML and one to its author.
    if (!spots.has(spot.at)) spots.set(spot.at, spot);
  }
  return [...spots.values()];
}

/** `listen: [tcp://[2001:db8::1]:80]`: the inner brackets end the text, and YAML's own words do not say so. */
function bareListener(error: YAMLError, text: string): Spot | undefined {
  if (error.code !== 'MISSING_CHAR') return undefined;
  const [from] = error.pos;
  const start = Math.max(text.lastIndexOf('\n', from - 1) + 1, from - 200);
  for (const match of text.slice(start, from + 200).matchAll(/(?<!["'\w])[a-z0-9]+:\/\/\[[0-9a-f:.]*\]:\d+/gi)) {
    const at = start + match.index;
    if (at > from || from > at + match[0].length) continue;
    return { code: 'syntax', at, message: `${match[0]} needs quotes in a [list]`, fix: `write "${match[0]}"` };
  }
  return undefined;
}

interface Built {
  readonly tree: Tree;
  /** Values in it with aliases expanded, and levels below it: what walking it will cost. */
  readonly size: number;
  readonly height: number;
}

const leaf = (at: number, value: unknown): Built => ({ tree: { kind: 'leaf', at, value }, size: 1, height: 1 });

class TreeBuilder {
  readonly spots: Spot[] = [];
  /** The tree is not fit to be walked. */
  refused = false;
  /** What each anchor means so far; null while it is being built. */
  private readonly anchors = new Map<string, Built | null>();

  build(node: Node | null, at: number): Built {
    const offset = node?.range?.[0] ?? at;
    if (isAlias(node)) return this.alias(node.source, offset);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, null);
    const built = this.measure(this.content(node, offset), offset);
    if (anchor !== undefined) this.anchors.set(anchor, built);
    return built;
  }

  private content(node: Node | null, at: number): Built {
    if (isMap(node)) return this.map(node.items, at);
    if (!isSeq(node)) return leaf(at, isScalar(node) ? node.value : null);
    const items = node.items.map((item) => this.build(item as Node | null, at));
    return this.branch({ kind: 'list', at, items: items.map((item) => item.tree), lost: false }, items);
  }

  private map(pairs: readonly { readonly key: unknown; readonly value: unknown }[], at: number): Built {
    const entries = new Map<string, Entry>();
    const values: Built[] = [];
    for (const pair of pairs) {
      const key = this.build(pair.key as Node | null, at).tree;
      const value = this.build(pair.value as Node | null, key.at);
      if (key.kind !== 'leaf') {
        this.spots.push({ code: 'wrong-type', at: key.at, message: 'a key must be text, not a list or map' });
        continue;
      }
      const name = String(key.value);
      const earlier = entries.get(name);
      if (earlier !== undefined) {
        this.spots.push({
          code: 'duplicate-key',
          at: key.at,
          message: `key "${name}" is already in this map`,
          related: [{ at: earlier.at, message: 'the first one is here' }],
        });
        continue;
      }
      entries.set(name, { at: key.at, value: value.tree });
      values.push(value);
    }
    return this.branch({ kind: 'map', at, entries, lost: false }, values);
  }

  private branch(tree: Tree, below: readonly Built[]): Built {
    let size = 1;
    let height = 0;
    for (const built of below) {
      size += built.size;
      height = Math.max(height, built.height);
    }
    return { tree, size, height: height + 1 };
  }

  private alias(name: string, at: number): Built {
    const meant = this.anchors.get(name);
    if (meant) return meant;
    const message =
      meant === null ? `alias *${name} is inside what it stands for` : `there is no anchor &${name} before`;
    this.refuse({ code: 'syntax', at, message });
    return leaf(at, null);
  }

  /** Aliases let a small text stand for a huge or endless tree; such a one is cut off here. */
  private measure(built: Built, at: number): Built {
    if (built.size > LIMITS.values) {
      this.refuse({ code: 'too-large', at, message: `more than ${LIMITS.values} values, counting aliases in full` });
    } else if (built.height > LIMITS.depth) {
      this.refuse({ code: 'too-deep', at, message: `nested deeper than ${LIMITS.depth} levels` });
    } else return built;
    return leaf(at, null);
  }

  private refuse(spot: Spot): void {
    this.refused = true;
    // Past a limit everything around it is past it too: once is enough.
    if (spot.code !== 'syntax' && this.spots.some((other) => other.code === spot.code)) return;
    this.spots.push(spot);
  }
}
