import { createHash } from 'node:crypto';
import { z } from 'zod';
import { withoutExpired } from '../decide/overrides.ts';
import { NO_OVERRIDES, type Override, type Overrides, overrideId } from '../model/override.ts';
import type { Disk } from './disk.ts';

/** What operators set, as it is kept: one line of JSON with its version and checksum. */

const wallMs = z.number().nonnegative();
const circumstances = {
  target: z.string().min(1),
  by: z.string(),
  sinceMs: wallMs,
  reason: z.string().nullable(),
  untilMs: wallMs.nullable(),
};
const row = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['drain', 'maintenance']), value: z.null(), ...circumstances }),
  z.strictObject({ kind: z.literal('weight'), value: z.int().min(0), ...circumstances }),
  z.strictObject({ kind: z.literal('state'), value: z.enum(['up', 'down']), ...circumstances }),
]) satisfies z.ZodType<Override>;
const schema = z.strictObject({ version: z.literal(1), revision: z.int().min(0), overrides: z.array(row) });

const checksumOf = (content: unknown): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

export function overridesText({ revision, rows }: Overrides): string {
  const content = { version: 1, revision, overrides: [...rows.values()] } satisfies z.input<typeof schema>;
  return `${JSON.stringify({ checksum: checksumOf(content), ...content })}\n`;
}

/** Throws on a text that is not what overridesText() writes. */
export function parseOverrides(text: string): Overrides {
  const { checksum, ...content } = z.looseObject({ checksum: z.string() }).parse(JSON.parse(text));
  if (checksum !== checksumOf(content)) throw new Error('its checksum is not that of its content');
  const { revision, overrides } = schema.parse(content);
  return { revision, rows: new Map(overrides.map((each) => [overrideId(each), each])) };
}

/** Reads without setting anything aside: what cannot be used holds nothing, as it would be at a start. */
export function peekOverrides(disk: Disk, path: string): Overrides {
  try {
    const text = disk.read(path);
    return text === null ? NO_OVERRIDES : parseOverrides(text);
  } catch {
    return NO_OVERRIDES;
  }
}

export interface KeptOverrides {
  readonly overrides: Overrides;
  /** Why nothing that was set is known any more; null: all is well. */
  readonly problem: string | null;
}

/** A file that is torn, damaged or unreadable is set aside: a director without overrides is of more use than none. */
export function readOverrides(disk: Disk, path: string, nowMs: number): KeptOverrides {
  try {
    const text = disk.read(path);
    const overrides = text === null ? NO_OVERRIDES : withoutExpired(parseOverrides(text), nowMs);
    return { overrides, problem: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // No revision of the lost file may come again: somebody may still hold it.
    const overrides = { ...NO_OVERRIDES, revision: Math.floor(nowMs / 1000) };
    return { overrides, problem: `${path} is not usable (${reason}) and was ${setAside(disk, path, nowMs)}` };
  }
}

function setAside(disk: Disk, path: string, nowMs: number): string {
  const as = `${path}.corrupt-${new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  try {
    disk.setAside(path, as);
    return `set aside as ${as}: no server is drained or in maintenance any more, no weight or state is set`;
  } catch (error) {
    return `left where it is (${String(error)}): nothing that was set holds`;
  }
}
