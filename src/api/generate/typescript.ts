import type { RouteRow } from '../contract.ts';
import { ROUTE_NAMES, rowOf } from '../routes/index.ts';
import { problem } from '../schemas/common.ts';
import { componentName, type JsonSchema, SchemaBook } from './schemas.ts';

/** src/api/operations.ts: what the client knows of the routes. It names no package, so that a program with only fairlead
 *  installed compiles against it, and a command does not load a validator to ask one question. */
export function renderOperations(): string {
  const book = new SchemaBook();
  book.of(problem, 'output');
  const operations = ROUTE_NAMES.map((name) => {
    const row = rowOf(name);
    const answer = typeOf(book.of(row.answer, 'output'));
    const item = row.events ? `\n    readonly event: ${typeOf(book.of(row.events, 'output'))};` : '';
    return `  /** ${row.summary} */\n  readonly ${name}: {\n    readonly args: ${argsOf(row, book)};\n    readonly ${row.lines ? 'line' : 'answer'}: ${answer};${item}\n  };`;
  });
  const types = Object.entries(book.components).map(
    ([name, schema]) => `${comment(schema, '')}export interface ${name} ${objectOf(schema, '')}`,
  );
  const rows = ROUTE_NAMES.map((name) => {
    const { method, path, lines } = rowOf(name);
    return `  ${name}: { method: '${method}', path: '${path}'${lines ? ', lines: true' : ''} },`;
  });
  return [
    '// Made from src/api/routes by `UPDATE=1 npx vitest run --project unit test/unit/api`. Not to be edited.',
    ...types,
    `/** Every operation: its arguments by name (\`body\` is what is sent), and its answer, or each line of it. */\nexport interface Operations {\n${operations.join('\n')}\n}`,
    'export type OperationName = keyof Operations;',
    `interface OperationRow {\n  readonly method: string;\n  readonly path: string;\n  /** The answer comes line by line. */\n  readonly lines?: true;\n}`,
    `export const OPERATIONS: { readonly [N in OperationName]: OperationRow } = {\n${rows.join('\n')}\n};`,
  ]
    .join('\n\n')
    .concat('\n');
}

function argsOf(row: RouteRow, book: SchemaBook): string {
  const fields: string[] = [];
  for (const part of [row.params, row.query]) {
    if (!part) continue;
    const schema = book.of(part, 'input');
    fields.push(...fieldsOf(schema, '    '));
  }
  if (row.body) {
    const optional = row.body.safeParse({}).success ? '?' : '';
    fields.push(`      readonly body${optional}: ${typeOf(book.of(row.body, 'input'), '      ')};`);
  }
  return fields.length === 0 ? 'Record<never, never>' : `{\n${fields.join('\n')}\n    }`;
}

const comment = ({ description }: JsonSchema, indent: string): string =>
  typeof description === 'string' ? `${indent}/** ${description.replaceAll('*/', '* /')} */\n` : '';

const isName = (key: string): boolean => /^[A-Za-z_]\w*$/.test(key);

function fieldsOf(schema: JsonSchema, indent: string): string[] {
  const required = new Set((schema.required ?? []) as string[]);
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).map(([key, value]) => {
    const name = isName(key) ? key : JSON.stringify(key);
    const inner = `${indent}  `;
    return `${comment(value, inner)}${inner}readonly ${name}${required.has(key) ? '' : '?'}: ${typeOf(value, inner)};`;
  });
}

const objectOf = (schema: JsonSchema, indent: string): string =>
  `{\n${fieldsOf(schema, indent).join('\n')}\n${indent}}`;

/** The TypeScript of a schema. */
function typeOf(schema: JsonSchema, indent = '    '): string {
  if (schema.$ref !== undefined) return componentName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const).replaceAll('"', "'");
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `'${String(value)}'`).join(' | ');
  const choices = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (choices) return choices.map((choice) => typeOf(choice, indent)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const item = typeOf(schema.items as JsonSchema, indent);
      return /[|{]/.test(item) ? `ReadonlyArray<${item}>` : `readonly ${item}[]`;
    }
    case 'object':
      if (schema.properties !== undefined) return objectOf(schema, indent);
      return `Readonly<Record<string, ${typeOf((schema.additionalProperties ?? {}) as JsonSchema, indent)}>>`;
    default:
      return 'unknown';
  }
}
