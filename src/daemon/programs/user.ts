import { readFileSync } from 'node:fs';

/** Whom a program runs as. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Further groups, by /etc/group. */
  readonly groups: readonly number[];
}

const lines = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));

const number = (text: string | undefined): number => (text !== undefined && /^\d+$/.test(text) ? Number(text) : -1);

/** The name of a user id; undefined when /etc/passwd has none. */
export const nameOfUser = (uid: number, etc = '/etc'): string | undefined =>
  lines(`${etc}/passwd`).find((entry) => number(entry[2]) === uid)?.[0];

/** The id of a group; undefined when /etc/group has none of that name. */
export function findGroup(name: string, etc = '/etc'): number | undefined {
  const gid = number(lines(`${etc}/group`).find(([first]) => first === name)?.[2]);
  return gid < 0 ? undefined : gid;
}

/** Looks a user up anew each time: people are added while a daemon runs. Undefined when there is none of that name. */
export function findUser(name: string, etc = '/etc'): User | undefined {
  const entry = lines(`${etc}/passwd`).find(([first]) => first === name);
  const [uid, gid] = [number(entry?.[2]), number(entry?.[3])];
  if (!entry || uid < 0 || gid < 0) return undefined;
  const groups = lines(`${etc}/group`)
    .filter((group) => group[3]?.split(',').includes(name))
    .map((group) => number(group[2]))
    .filter((id) => id >= 0 && id !== gid);
  return { name, uid, gid, home: entry[5] || '/', groups };
}
