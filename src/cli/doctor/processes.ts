import type { Machine } from './check.ts';

export interface Process {
  readonly pid: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly words: readonly string[];
}

/** What runs here. A process that ends meanwhile, or that we may not see, is left out. */
export async function processes(machine: Machine): Promise<Process[]> {
  const pids = (await machine.names('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Process[]> => {
      try {
        const [name, line] = await Promise.all([
          machine.text(`/proc/${pid}/comm`),
          machine.text(`/proc/${pid}/cmdline`),
        ]);
        if (name === undefined) return [];
        return [{ pid: Number(pid), name: name.trim(), words: (line ?? '').split('\0').filter((word) => word !== '') }];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

/** The daemon, if one runs. */
export const daemonOf = async (machine: Machine): Promise<Process | undefined> =>
  (await processes(machine)).find(
    ({ words }) => words.some((word) => /(^|\/)(fairlead|cli\.js)$/.test(word)) && words.includes('run'),
  );
