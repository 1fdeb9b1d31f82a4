import type { GrantConfig } from '../../config/schema.ts';
import { findGroup, findUser, nameOfUser } from '../../daemon/programs/user.ts';
import type { Store } from '../../daemon/store.ts';
import { highest, type Peer } from '../../model/role.ts';
import type { Caller } from '../handlers/parts.ts';

type Resolved = Pick<GrantConfig, 'role'> & { readonly uid: number | undefined; readonly gid: number | undefined };

const userId = (user: string | number | undefined): number | undefined =>
  typeof user === 'string' ? findUser(user)?.uid : user;
export const groupId = (group: string | number | undefined): number | undefined =>
  typeof group === 'string' ? findGroup(group) : group;

/** Who asks over the unix socket. Whoever was let in may look; root and the daemon's own user may do everything. */
export class LocalCallers {
  readonly #store: Store;
  readonly #names = new WeakMap<Peer, string>();
  #grants: readonly GrantConfig[] = [];
  #resolved: readonly Resolved[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  of(peer: Peer): Caller {
    const { uid, gid, groups } = peer;
    const name = this.#nameOf(peer);
    if (uid === 0 || uid === process.geteuid?.()) return { name, role: 'admin' };
    const ids = new Set([gid, ...groups]);
    const mine = this.#rows().filter((row) => row.uid === uid || (row.gid !== undefined && ids.has(row.gid)));
    return { name, role: highest(['viewer', ...mine.map(({ role }) => role)]) };
  }

  /** Looked up once for each connection. */
  #nameOf(peer: Peer): string {
    const known = this.#names.get(peer);
    if (known !== undefined) return known;
    const user = nameOfUser(peer.uid);
    const name = user === undefined ? `uid ${peer.uid}` : `user ${user}`;
    this.#names.set(peer, name);
    return name;
  }

  /** Names are looked up once for each accepted file. One that is not there gives nobody anything. */
  #rows(): readonly Resolved[] {
    const grants = this.#store.get().config.api.roles;
    if (grants === this.#grants) return this.#resolved;
    this.#grants = grants;
    this.#resolved = grants.map(({ user, group, role }) => {
      const row = { role, uid: userId(user), gid: groupId(group) };
      if (row.uid === undefined && row.gid === undefined)
        this.#store.tell('problem', `api.roles: ${user ?? group} is not known here; its row gives nobody ${role}`);
      return row;
    });
    return this.#resolved;
  }
}
