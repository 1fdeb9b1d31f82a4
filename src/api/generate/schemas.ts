import { z } from 'zod';

export type JsonSchema = { readonly [key: string]: unknown };

/** JSON Schemas of a route's parts. Schemas that bear an id are collected as components and referred to. */
export class SchemaBook {
  readonly components: Record<string, JsonSchema> = {};

  /** `input`: what may be sent; `output`: what is answered. */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
    const defs = Object.entries($defs as Record<string, JsonSchema>);
    for (const [name, def] of defs) this.components[name] = referring(def) as JsonSchema;
    const { id } = z.globalRegistry.get(schema) ?? {};
    if (id === undefined || rest.$ref !== undefined) return referring(rest) as JsonSchema;
    this.components[id] = referring(rest) as JsonSchema;
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** The same with references to components instead of local definitions; what a definition says of itself only. */
function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key]) => key !== 'id' || typeof (value as JsonSchema)[key] !== 'string',
  );
  return Object.fromEntries(
    entries.map(([key, inner]) => [
      key,
      key === '$ref' ? String(inner).replace('#/$defs/', '#/components/schemas/') : referring(inner),
    ]),
  );
}

export const componentName = (reference: unknown): string => String(reference).split('/').at(-1) ?? '';
