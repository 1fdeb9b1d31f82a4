import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ANNOTATED_EXAMPLE } from '../../../src/config/introduction.ts';
import { formatIssue } from '../../../src/config/issue.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { jsonSchema, renderReference } from '../../../src/config/render.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { fieldsOf, optionsOf, settingOf } from '../../../src/config/shape.ts';
import { SCHEDULERS } from '../../../src/model/schedulers.ts';
import { SYSCTLS } from '../../../src/model/sysctls.ts';

/** Generated files equal what is generated now; UPDATE=1 rewrites them. */
function matches(name: string, text: string): void {
  const file = new URL(`../../../docs/${name}`, import.meta.url);
  if (process.env.UPDATE === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
}

describe('generated documentation', () => {
  it('docs/configuration.md is current', () => matches('configuration.md', renderReference()));
  it('docs/fairlead.schema.json is current', () =>
    matches('fairlead.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`));

  it('opens with an example that has neither mistakes nor warnings', () => {
    const parsed = parseConfig(ANNOTATED_EXAMPLE, 'example');
    expect((parsed.ok ? parsed.value.warnings : parsed.error).map(formatIssue)).toEqual([]);
  });

  it('says what every setting, scheduler and sysctl means', () => {
    const text = renderReference();
    const visit = (schema: z.ZodType, path: string): void => {
      const { inner } = settingOf(schema);
      if (inner instanceof z.ZodArray) visit(inner.element as z.ZodType, `${path}[]`);
      if (inner instanceof z.ZodUnion) for (const option of optionsOf(inner)) visit(option, path);
      if (!(inner instanceof z.ZodObject)) return;
      for (const [key, field] of fieldsOf(inner)) {
        expect(settingOf(field).meta.description, `${path}.${key}`).toBeTruthy();
        expect(text).toContain(`| \`${key}\` |`);
        visit(field, `${path}.${key}`);
      }
    };
    visit(configSchema, '');
    for (const name of [...Object.keys(SCHEDULERS), ...Object.keys(SYSCTLS)]) expect(text).toContain(`| \`${name}\` |`);
  });

  it('shows defaults as people write them', () => {
    const text = JSON.stringify(jsonSchema());
    expect(text).toContain('"default":"2s"');
    expect(text).not.toContain('"reload"');
    expect(renderReference()).toMatch(/\| `every` \| duration or map \| `2s` \| 10ms to 1d \| live \|/);
  });
});
