import type { Config } from '../../config/schema.ts';
import type { Link, ObservedAddress } from '../../model/observed.ts';

/** Something that keeps Fairlead from doing its job, or soon will, and what to do about it. */
export interface Finding {
  readonly what: string;
  readonly fix: string;
}

/** One thing the doctor looks at. Reading happens through the machine, judging in pure functions beside it. */
export interface Check {
  readonly name: string;
  readonly why: string;
  look(machine: Machine, config: Config | null): Promise<readonly Finding[]>;
}

/** All that checks may see of this machine; they change nothing. */
export interface Machine {
  /** `6.1.0-56-amd64` */
  readonly release: string;
  readonly uid: number;
  readonly pid: number;
  /** Undefined when there is no such file; rejects when it may not be read. */
  text(path: string): Promise<string | undefined>;
  /** Entries of a folder; none when it does not exist. */
  names(path: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileStat | undefined>;
  /** What a program prints; undefined when it is not installed. Rejects when it fails. */
  output(program: string, words: readonly string[]): Promise<string | undefined>;
  /** A daemon accepts connections on this unix socket. */
  answers(socket: string): Promise<boolean>;
  links(): Promise<readonly Link[]>;
  addresses(): Promise<readonly ObservedAddress[]>;
}

export interface FileStat {
  readonly mode: number;
  readonly uid: number;
}

/** Thrown by a look that cannot see: no verdict is no clean bill. */
export class Unseen extends Error {}

export interface Diagnosis {
  readonly name: string;
  readonly why: string;
  readonly findings: readonly Finding[];
  /** Why it was not looked at; null when it was. */
  readonly unseen: string | null;
}

/** Looks at everything; one that fails does not keep the others from being seen. */
export function diagnose(checks: readonly Check[], machine: Machine, config: Config | null): Promise<Diagnosis[]> {
  return Promise.all(
    checks.map(async ({ name, why, look }) => {
      try {
        return { name, why, findings: await look(machine, config), unseen: null };
      } catch (error) {
        return { name, why, findings: [], unseen: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** A number in a file such as those of /proc/sys; undefined where the kernel has no such setting. */
export async function numberIn(machine: Machine, path: string): Promise<number | undefined> {
  const text = await machine.text(path);
  return text === undefined ? undefined : Number(text.trim());
}
