import { readFile } from 'node:fs/promises';
import { err, type Result } from '../base/result.ts';
import { hideInText } from '../config/hidden.ts';
import { type LoadedConfig, type RefusedConfig, takeConfig, unreadable } from './config-file.ts';

/** Who reads the texts of configurations for the daemon: one after the other, in the order they are asked for. */
export interface ConfigReader {
  /** As takeConfig. Never rejects: a reader that fails refuses with `config-unchecked` and no issues. */
  read(text: string, file: string): Promise<Result<LoadedConfig, RefusedConfig>>;
  /** As hideInText. Rejects with `config-unchecked` when the reader fails; `file` is only quoted. */
  hide(text: string, file: string): Promise<string>;
  /** What is under way is refused, and whatever comes after it. */
  close(): Promise<void>;
}

/** Reads where it is called: for programs that do nothing else meanwhile. */
export const readsHere: ConfigReader = {
  read: async (text, file) => takeConfig(text, file),
  hide: async (text) => hideInText(text),
  close: async () => {},
};

/** As loadConfig. */
export async function loadWith(reader: ConfigReader, file: string): Promise<Result<LoadedConfig, RefusedConfig>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return err({ error: unreadable(file, error), issues: [] });
  }
  return reader.read(text, file);
}
