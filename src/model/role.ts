/** What somebody may do over the API, each with all that the ones before it may. `anyone` needs no credentials. */
export const ROLES = ['anyone', 'viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Roles that are given to somebody. */
export const GIVEN_ROLES = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];
export type GivenRole = (typeof GIVEN_ROLES)[number];

export const mayActAs = (present: Role, needed: Role): boolean => ROLES.indexOf(present) >= ROLES.indexOf(needed);

export const highest = (roles: readonly Role[]): Role =>
  roles.reduce((best, role) => (mayActAs(best, role) ? best : role), 'anyone');

/** A process at the other end of a unix socket, as it was when it connected. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Further groups. */
  readonly groups: readonly number[];
}
