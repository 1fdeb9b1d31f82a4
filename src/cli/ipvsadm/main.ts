import { type Ipvs, openIpvs } from '../../kernel/ipvs.ts';
import type { Resolver } from './address.ts';
import { connect } from './connect.ts';
import { Refusal, USAGE } from './draft.ts';
import { parse } from './parse.ts';
import { systemResolver } from './resolver.ts';
import { restore } from './restore.ts';
import { type Output, run } from './run.ts';

/** As messages call it. */
const PROGRAM = 'ipvsadm';

/** Where one command line reads and writes, and what it acts on. */
export interface IpvsadmIo extends Output {
  /** All of the standard input; asked for only by -R. */
  readonly stdin: () => Promise<string>;
  /** An open IPVS, which stays open; without it one is opened, and closed again. */
  readonly ipvs?: Ipvs;
  /** Without it the system's. */
  readonly resolver?: Resolver;
}

const LIST_ALL = ['-L'];

/** Runs one ipvsadm command line (`argv` without the program's name) and returns ipvsadm's exit code. Touches nothing of
 *  the process, so that it can run any number of times in one. */
export const ipvsadm = (argv: readonly string[], io: IpvsadmIo): Promise<number> => execute(argv, io, false);

/** `ipvsadm-save` and `ipvsadm-restore`, Debian's names for -S and for -C and -R in one; any other name is ipvsadm. */
export function runAs(name: string, argv: readonly string[], io: IpvsadmIo): Promise<number> {
  if (name === 'ipvsadm-restore') return execute(['-R', ...argv.filter((word) => OURS.includes(word))], io, true);
  if (name !== 'ipvsadm-save') return ipvsadm(argv, io);
  if (argv.some((word) => word.startsWith('-') && word !== '-n' && !OURS.includes(word))) {
    io.err(SAVE_HELP);
    return Promise.resolve(1);
  }
  return ipvsadm(['-S', ...new Set(argv.filter((word) => word.startsWith('-')))], io);
}

/** What our own forms of the two take; other words they pass over, as Debian's do. */
const OURS = ['--extended', '--dry-run', '--json', '--strict-compat'];

const SAVE_HELP =
  'ipvsadm-save: Script to save the IPVS table to stdout.\n' +
  '   With the -n option, prints out the table in numeric format.\n';

/** `wrapped`: as ipvsadm-restore, which drops comments and clears the table first. */
async function execute(argv: readonly string[], io: IpvsadmIo, wrapped: boolean): Promise<number> {
  const ipvs = io.ipvs ?? openIpvs();
  try {
    if (!(await connect(ipvs, io))) return USAGE;
    const resolver = io.resolver ?? systemResolver();
    const request = await parse(argv.length === 0 ? LIST_ALL : argv, PROGRAM, resolver);
    if (request.command !== 'restore') return await run(request, ipvs, io);
    const input = await io.stdin();
    const text = wrapped ? input.replace(/^#.*/gm, '') : input;
    return await restore(request, text, { ipvs, io, program: PROGRAM, resolver, clear: wrapped });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.err(`${error.message}\n`);
    return error.exit;
  } finally {
    if (!io.ipvs) ipvs.close();
  }
}
