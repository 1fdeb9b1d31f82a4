import type { z } from 'zod';
import { http } from './http.ts';
import type { CheckRow } from './row.ts';
import { tcp } from './tcp.ts';

/** Every kind of check. A new kind is its settings in a file here and its runner in probe/, with a row in each index. */
export const CHECKS = { tcp, http } as const satisfies Readonly<Record<string, CheckRow>>;

export type CheckKind = keyof typeof CHECKS;
export const CHECK_KINDS = Object.keys(CHECKS) as CheckKind[];

/** What is asked of a server by one kind, in the program's form. */
export type CheckOf<K extends CheckKind> = { readonly kind: K } & Readonly<z.output<(typeof CHECKS)[K]['settings']>>;
