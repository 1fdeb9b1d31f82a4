/** Writes the archive form that the kernel unpacks as its first root file system ("newc", Documentation/driver-api/
 *  early-userspace/buffer-format.rst). */
export interface Entry {
  readonly path: string;
  /** File type and permissions as in st_mode. */
  readonly mode: number;
  readonly content?: Uint8Array;
}

export const DIRECTORY = 0o040755;
export const PROGRAM = 0o100755;
export const FILE = 0o100600;
export const LINK = 0o120777;

export function cpio(entries: readonly Entry[]): Buffer {
  const parts: Uint8Array[] = [];
  let inode = 1;
  for (const entry of [...entries, { path: 'TRAILER!!!', mode: 0 }]) {
    const content = entry.content ?? new Uint8Array(0);
    const name = Buffer.from(`${entry.path}\0`);
    const fields = [inode++, entry.mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    parts.push(padded(Buffer.concat([Buffer.from(header), name])), padded(content));
  }
  return Buffer.concat(parts);
}

/** Headers with their name, and contents, each end on a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
