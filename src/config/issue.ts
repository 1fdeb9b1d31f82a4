import { CODES, type IssueCode } from './codes.ts';

/** One mistake in a file. Lines and columns count from 1. */
export interface ConfigIssue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: IssueCode;
  readonly message: string;
  /** What to write instead, where that is obvious. */
  readonly fix?: string;
  /** Other places that have to do with it, such as the first use of a listener. */
  readonly related?: readonly { readonly line: number; readonly column: number; readonly message: string }[];
}

/** `file:line:column: message (code)`, then one indented line for each related place and for the fix. */
export function formatIssue(issue: ConfigIssue): string {
  const { file, line, column, code, message, fix, related = [] } = issue;
  const kind = CODES[code].severity === 'warning' ? 'warning: ' : '';
  return [
    `${file}:${line}:${column}: ${kind}${message} (${code})`,
    ...related.map((place) => `  ${file}:${place.line}:${place.column}: ${place.message}`),
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
  ].join('\n');
}

export type Path = readonly (string | number)[];

/** A mistake found before its place in the text is looked up. */
export interface Finding {
  readonly code: IssueCode;
  readonly path: Path;
  /** Point at the key itself, not at its value. */
  readonly atKey?: boolean;
  /** Of a missing-key: which key. */
  readonly key?: string;
  readonly message: string;
  readonly fix?: string | undefined;
  readonly related?: readonly { readonly path: Path; readonly message: string }[];
}
