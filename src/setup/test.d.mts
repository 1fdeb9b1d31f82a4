export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures?: readonly string[];
}
export function countTests(report: unknown): Counts;
export function closingLine(counts: readonly Counts[]): string;
