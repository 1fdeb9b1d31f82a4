import type { Described } from '../describe.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

/** Shells and what makes a script for each. */
export const SHELLS: Readonly<Record<string, (commands: readonly Described[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};
