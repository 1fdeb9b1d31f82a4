export interface Step {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly missing: () => string | false | Promise<string | false>;
  readonly install: () => void | Promise<void>;
}
export const STEPS: readonly Step[];
export function setUp(verb: string, steps?: readonly Step[]): Promise<void>;
export function nodeIsRecent(version: string): boolean;
