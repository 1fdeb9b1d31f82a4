import type { Clock } from '../../base/clock.ts';
import type { Director } from '../../daemon/lifecycle.ts';
import type { Role } from '../../model/role.ts';
import type { Operations as Answers } from '../operations.ts';
import type { Pieces } from '../pieces.ts';
import type { Asked, RouteName } from '../routes/index.ts';
import type { Drains } from './drains.ts';

/** What handlers work with. */
export interface Parts {
  readonly director: Director;
  readonly clock: Clock;
  readonly drains: Drains;
}

/** An answer with another status than the route's first. */
export class Otherwise<T> {
  readonly body: T;

  constructor(body: T) {
    this.body = body;
  }
}

/** An answer with the revision that its ETag names. */
export class Revised<T> {
  readonly body: T;
  readonly revision: number;

  constructor(body: T, revision: number) {
    this.body = body;
    this.revision = revision;
  }
}

/** Whose request it is. */
export interface Caller {
  /** `user alice`, `uid 1000`, `token grafana`, `certificate lb1`, `anonymous`. */
  readonly name: string;
  readonly role: Role;
  /** Revisions of which the change was made; absent: of any. */
  readonly ifMatch?: readonly number[];
}

type Answered<Answer> = Answer extends { readonly line: infer Line }
  ? AsyncIterable<Line>
  : Answer extends { readonly answer: infer Whole }
    ? Promise<Whole | Otherwise<Whole> | Revised<Whole> | (Whole extends object ? Pieces<Whole> : never)>
    : never;

export type Handlers = {
  readonly [N in RouteName]: (asked: Asked<N>, caller: Caller) => Answered<Answers[N]>;
};

/** Handlers of a group of routes. */
export type HandlersOf<G> = Pick<Handlers, Extract<keyof G, RouteName>>;
