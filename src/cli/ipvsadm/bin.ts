import { basename } from 'node:path';
import { processIo } from './io.ts';
import { runAs } from './main.ts';

/** The program of its own: starts with what it needs and no more. Linked as ipvsadm, ipvsadm-save or ipvsadm-restore it
 *  is that. */
process.exitCode = await runAs(basename(process.argv[1] ?? ''), process.argv.slice(2), processIo);
