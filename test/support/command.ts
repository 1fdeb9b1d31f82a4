import type { Io } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command says without a terminal. */
export async function command(words: readonly string[], more: Partial<Io> = {}): Promise<Ended> {
  let [out, err] = ['', ''];
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), terminal: false, ...more };
  return { code: await main([...words], io), out, err };
}
