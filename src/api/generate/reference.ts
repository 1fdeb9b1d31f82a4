import { LINES, type RouteRow } from '../contract.ts';
import { GROUPS } from '../routes/index.ts';
import { type JsonSchema, SchemaBook } from './schemas.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** docs/api.md. */
export const renderReference = (introduction: string): string => `${introduction}\n${routeTables()}\n`;

function routeTables(): string {
  const book = new SchemaBook();
  return Object.entries(GROUPS)
    .map(([group, rows]) => {
      const entries = Object.entries(rows as Readonly<Record<string, RouteRow>>);
      const lines = entries.map(([name, row]) => {
        const what = [
          row.summary,
          ...(row.doc ? [row.doc] : []),
          ...(row.lines ? [`Answers \`${LINES}\``] : []),
          ...askedOf(row, book),
        ]
          .join('. ')
          .replaceAll('..', '.');
        return `| \`${row.method} ${row.path}\` | \`${name}\` | ${row.role} | ${cell(what)} |`;
      });
      return [`### ${group}`, '', '| Route | Operation | Role | What it does |', '|---|---|---|---|', ...lines].join(
        '\n',
      );
    })
    .join('\n\n');
}

function askedOf(row: RouteRow, book: SchemaBook): string[] {
  const parts: string[] = [];
  for (const [word, schema] of [
    ['Query', row.query],
    ['Body', row.body],
  ] as const) {
    if (!schema) continue;
    const { properties = {} } = book.of(schema, 'input') as { properties?: Record<string, JsonSchema> };
    const fields = Object.entries(properties).map(([key, { description }]) =>
      typeof description === 'string' ? `\`${key}\` (${description})` : `\`${key}\``,
    );
    if (fields.length > 0) parts.push(`${word}: ${fields.join(', ')}`);
  }
  return parts;
}
