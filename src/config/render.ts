import { z } from 'zod';
import { introduction } from './introduction.ts';
import { codeTable, schedulerTable, settingTables, sysctlTable } from './reference.ts';
import { configSchema } from './schema.ts';

/** The JSON Schema of a file as people write it, for editors (docs/fairlead.schema.json). */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override({ jsonSchema: node }) {
      // Our own notes about a setting are not JSON Schema.
      for (const key of ['word', 'expects', 'bounds', 'reload']) delete node[key];
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
    },
  });
  return schema as Record<string, unknown>;
}

/** The whole of docs/configuration.md. */
export function renderReference(): string {
  return `${[
    introduction,
    '## Settings',
    '`live` settings take effect with SIGHUP; a change of a `restart` setting is refused until the daemon is restarted.',
    settingTables(),
    '## Schedulers',
    schedulerTable(),
    '## `director.sysctls`',
    'Kernel settings below `net.ipv4.vs`. `keep` leaves the value that is there. All can change with SIGHUP.',
    sysctlTable(),
    '## Codes',
    'What `fairlead check FILE` can say. Errors refuse the file; warnings do not.',
    codeTable(),
  ].join('\n\n')}\n`;
}
