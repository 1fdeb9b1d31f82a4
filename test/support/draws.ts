/** A service whose choices are drawn: `weights` are those the destinations are added with, `later` those they are set to
 *  afterwards (null: left alone). */
export interface Draw {
  readonly name: string;
  readonly scheduler: 'sh' | 'mh';
  readonly flags: number;
  readonly family: 'inet' | 'inet6';
  readonly protocol: 'tcp' | 'udp';
  readonly weights: readonly number[];
  readonly later?: readonly (number | null)[];
  /** Destinations of the other family, which only a tunnel can carry. */
  readonly mixed?: boolean;
  /** How many clients come; 500 if nothing else is said. */
  readonly clients?: number;
}

const ONES = (count: number): number[] => Array<number>(count).fill(1);

/** Every flag, both families, both protocols, weights of all kinds, quiesced servers. */
export const DRAWS: readonly Draw[] = [
  { name: 'sh, equal', scheduler: 'sh', flags: 0, family: 'inet', protocol: 'udp', weights: ONES(10) },
  { name: 'sh, IPv6, weights', scheduler: 'sh', flags: 0, family: 'inet6', protocol: 'udp', weights: [1, 4, 2, 0, 9] },
  { name: 'sh, port', scheduler: 'sh', flags: 2, family: 'inet', protocol: 'tcp', weights: [5, 1, 3] },
  {
    name: 'sh, port, starved',
    scheduler: 'sh',
    flags: 2,
    family: 'inet6',
    protocol: 'tcp',
    weights: [100, 100, 100, 100],
  },
  {
    name: 'sh, refused',
    scheduler: 'sh',
    flags: 0,
    family: 'inet',
    protocol: 'udp',
    weights: [3, 2, 1, 4],
    later: [null, 0, 7, null],
  },
  {
    name: 'sh, fallback',
    scheduler: 'sh',
    flags: 1,
    family: 'inet',
    protocol: 'udp',
    weights: [1, 2, 3, 1, 1],
    later: [0, null, 0, null, null],
  },
  {
    name: 'sh, fallback, port, IPv6',
    scheduler: 'sh',
    flags: 3,
    family: 'inet6',
    protocol: 'udp',
    weights: ONES(6),
    later: [0, 0, 0, null, null, 0],
  },
  { name: 'mh, equal', scheduler: 'mh', flags: 0, family: 'inet', protocol: 'udp', weights: ONES(12) },
  {
    name: 'mh, IPv6, weights',
    scheduler: 'mh',
    flags: 0,
    family: 'inet6',
    protocol: 'udp',
    weights: [1, 4, 2, 300, 64],
  },
  { name: 'mh, one, two, three', scheduler: 'mh', flags: 0, family: 'inet', protocol: 'tcp', weights: [1, 2, 3] },
  { name: 'mh, port', scheduler: 'mh', flags: 2, family: 'inet', protocol: 'tcp', weights: [100, 300, 0, 7] },
  {
    name: 'mh, port, IPv6, ratio',
    scheduler: 'mh',
    flags: 2,
    family: 'inet6',
    protocol: 'tcp',
    weights: [1, 4094, 2147483647],
  },
  {
    name: 'mh, refused',
    scheduler: 'mh',
    flags: 0,
    family: 'inet',
    protocol: 'udp',
    weights: [6, 4, 2, 8],
    later: [null, 0, 5, null],
  },
  {
    name: 'mh, fallback',
    scheduler: 'mh',
    flags: 1,
    family: 'inet',
    protocol: 'udp',
    weights: [1, 2, 3, 1, 1],
    later: [0, null, 0, null, null],
  },
  {
    name: 'mh, fallback, port, IPv6',
    scheduler: 'mh',
    flags: 3,
    family: 'inet6',
    protocol: 'udp',
    weights: ONES(9),
    later: [0, 0, 0, null, null, 0],
  },
  {
    name: 'mh, raised from 0',
    scheduler: 'mh',
    flags: 1,
    family: 'inet',
    protocol: 'udp',
    weights: [0, 2, 0, 5],
    later: [9, 0, null, null],
  },
  {
    name: 'mh, all out',
    scheduler: 'mh',
    flags: 1,
    family: 'inet',
    protocol: 'udp',
    weights: [1, 1],
    later: [0, 0],
    clients: 50,
  },
  { name: 'mh, many', scheduler: 'mh', flags: 0, family: 'inet', protocol: 'udp', weights: ONES(200), clients: 950 },
  {
    name: 'sh, IPv6 behind IPv4',
    scheduler: 'sh',
    flags: 0,
    family: 'inet',
    protocol: 'udp',
    weights: [1, 2, 3],
    mixed: true,
  },
  {
    name: 'mh, IPv6 behind IPv4',
    scheduler: 'mh',
    flags: 0,
    family: 'inet',
    protocol: 'udp',
    weights: [1, 2, 3],
    mixed: true,
  },
];
