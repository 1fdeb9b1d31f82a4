import { stringify } from 'yaml';
import { z } from 'zod';
import { type Config, configSchema } from './schema.ts';

/** A configuration as the text of a file that parses to the same configuration, every default written out. */
export function renderConfig(config: Config): string {
  return stringify(z.encode(configSchema, config), { lineWidth: 0, aliasDuplicateObjects: false });
}
