import type { Ipvs } from '../../kernel/ipvs.ts';

/** Where one command line reads and writes, and what it acts on. */
export interface IpvsadmIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of the standard input; asked for only by -R. */
  readonly stdin: () => Promise<string>;
  /** An open IPVS, which stays open; without it one is opened, and closed again. */
  readonly ipvs?: Ipvs;
}

/** Runs one ipvsadm command line (`argv` without the program's name) and returns ipvsadm's exit code. */
export async function ipvsadm(_argv: readonly string[], io: IpvsadmIo): Promise<number> {
  io.err('not built yet\n');
  return 2;
}
