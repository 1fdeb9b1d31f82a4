import type { Path } from './issue.ts';

/** A document as values with their offsets in the text. Aliases are resolved; broken parts can be taken out, so that the
 *  rest can still be judged. `lost` says that something was taken out: then what is absent may only be misspelt. */
export type Tree =
  | { readonly kind: 'leaf'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'map'; readonly at: number; readonly entries: Map<string, Entry>; lost: boolean }
  | { readonly kind: 'list'; readonly at: number; items: readonly Tree[]; lost: boolean };

export interface Entry {
  readonly at: number;
  readonly value: Tree;
}

function child(tree: Tree | undefined, key: string | number): Tree | undefined {
  if (tree?.kind === 'map') return tree.entries.get(String(key))?.value;
  return tree?.kind === 'list' && typeof key === 'number' ? tree.items[key] : undefined;
}

export const lookup = (tree: Tree, path: Path): Tree | undefined => path.reduce<Tree | undefined>(child, tree);

/** Offset of the value at a path, or of its key; where it is absent, of the innermost thing around it that is there. */
export function offsetOf(tree: Tree, path: Path, atKey = false): number {
  let here = tree;
  for (const [depth, key] of path.entries()) {
    const next = child(here, key);
    if (next === undefined) return here.at;
    const entry = here.kind === 'map' ? here.entries.get(String(key)) : undefined;
    if (atKey && entry !== undefined && depth === path.length - 1) return entry.at;
    here = next;
  }
  return here.at;
}

/** Takes the values at these paths out, all as they stand now. Returns how many there were: none where nothing is there, or
 *  for the whole document. */
export function dropAll(tree: Tree, paths: readonly Path[]): number {
  const doomed = new Map<Exclude<Tree, { kind: 'leaf' }>, Set<string | number>>();
  for (const path of paths) {
    const key = path.at(-1);
    const around = lookup(tree, path.slice(0, -1));
    if (key === undefined || around === undefined || around.kind === 'leaf' || child(around, key) === undefined)
      continue;
    const keys = doomed.get(around) ?? new Set();
    doomed.set(around, keys.add(key));
  }
  for (const [around, keys] of doomed) {
    around.lost = true;
    if (around.kind === 'map') for (const key of keys) around.entries.delete(String(key));
    else around.items = around.items.filter((_, index) => !keys.has(index));
  }
  return doomed.size;
}

/** What can stand in for a key of a service that is absent, so that the rest of the service can still be judged. */
const STAND_INS: Readonly<Record<string, (at: number) => Tree>> = {
  name: (at) => ({ kind: 'leaf', at, value: `unnamed-${at}` }),
  listen: (at) => ({ kind: 'list', at, items: [], lost: true }),
  servers: (at) => ({ kind: 'list', at, items: [], lost: true }),
};

/** Puts a stand-in at an absent key. False when nothing can stand in for it. */
export function standIn(tree: Tree, path: Path, key: string): boolean {
  const around = lookup(tree, path);
  const make = STAND_INS[key];
  if (around?.kind !== 'map' || make === undefined) return false;
  around.entries.set(key, { at: around.at, value: make(around.at) });
  return true;
}

/** Whether what the configuration says at this path is what the text says: the value stands there, or it is a default and
 *  nothing that could have been meant for it was taken out. */
export function known(tree: Tree, path: Path): boolean {
  let here = tree;
  for (const key of path) {
    const next = child(here, key);
    if (next === undefined) return here.kind !== 'map' || !here.lost;
    here = next;
  }
  return true;
}

/** Whether nothing was taken out of the list or map at this path, nor could the path itself have been. */
export function complete(tree: Tree, path: Path): boolean {
  const here = lookup(tree, path);
  return known(tree, path) && (here === undefined || here.kind === 'leaf' || !here.lost);
}

/** The plain value, for the schema. Maps have no prototype, so that any key is only a key. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'leaf') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  const map: Record<string, unknown> = Object.create(null);
  for (const [key, { value }] of tree.entries) map[key] = plain(value);
  return map;
}
