import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { INTRODUCTION } from '../../../src/api/generate/introduction.ts';
import { openapi } from '../../../src/api/generate/openapi.ts';
import { renderReference } from '../../../src/api/generate/reference.ts';
import { renderOperations } from '../../../src/api/generate/typescript.ts';
import { ROUTE_NAMES, rowOf } from '../../../src/api/routes/index.ts';

/** What is made from the routes equals what is committed; UPDATE=1 rewrites it. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function matches(name: string, text: string): void {
  if (process.env.UPDATE === '1') writeFileSync(ROOT + name, text);
  expect(readFileSync(ROOT + name, 'utf8')).toBe(text);
}

const formatted = (name: string, text: string): string =>
  execFileSync(`${ROOT}node_modules/.bin/biome`, ['format', `--stdin-file-path=${name}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });

test('docs/openapi.json is current', () => matches('docs/openapi.json', `${JSON.stringify(openapi(), null, 2)}\n`));
test('docs/api.md is current', () => matches('docs/api.md', renderReference(INTRODUCTION)));
test('the operations of the client are current', { timeout: 60_000 }, () =>
  matches('src/api/operations.ts', formatted('src/api/operations.ts', renderOperations())),
);

test('every route is in the document once, and every reference leads somewhere', () => {
  const document = openapi() as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((each) => each.operationId));
  expect(ids.sort()).toEqual([...ROUTE_NAMES].sort());
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  const names = [...references].map(([, path = '']) => path);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    expect(name).toMatch(/^#\/components\/schemas\//);
    expect(document.components.schemas).toHaveProperty(name.split('/').at(-1) ?? '');
  }
});

test('every parameter of a path is described', () => {
  for (const name of ROUTE_NAMES) {
    const { path, params } = rowOf(name);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, key]) => key);
    expect(Object.keys(params?.shape ?? {}), name).toEqual(inPath);
  }
});
