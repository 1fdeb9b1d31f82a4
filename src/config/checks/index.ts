import type { z } from 'zod';
import { agent } from './agent.ts';
import { dialogue } from './dialogue.ts';
import { dns } from './dns.ts';
import { file } from './file.ts';
import { ftp } from './ftp.ts';
import { grpc } from './grpc.ts';
import { http } from './http.ts';
import { imap } from './imap.ts';
import { ldap } from './ldap.ts';
import { memcached } from './memcached.ts';
import { mongodb } from './mongodb.ts';
import { mysql } from './mysql.ts';
import { ping } from './ping.ts';
import { pop3 } from './pop3.ts';
import { postgresql } from './postgresql.ts';
import { radius } from './radius.ts';
import { redis } from './redis.ts';
import type { CheckRow } from './row.ts';
import { script } from './script.ts';
import { sctp } from './sctp.ts';
import { smtp } from './smtp.ts';
import { ssh } from './ssh.ts';
import { syn } from './syn.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';

/** Every kind of check. A new kind is its settings in a file here and its runner in probe/, with a row in each index. */
export const CHECKS = {
  ping,
  tcp,
  syn,
  udp,
  sctp,
  http,
  grpc,
  dns,
  smtp,
  ftp,
  imap,
  pop3,
  ldap,
  ssh,
  dialogue,
  mysql,
  postgresql,
  redis,
  memcached,
  mongodb,
  radius,
  agent,
  script,
  file,
} as const satisfies Readonly<Record<string, CheckRow>>;

export type CheckKind = keyof typeof CHECKS;
export const CHECK_KINDS = Object.keys(CHECKS) as CheckKind[];

/** What is asked of a server by one kind, in the program's form. */
export type CheckOf<K extends CheckKind> = { readonly kind: K } & Readonly<z.output<(typeof CHECKS)[K]['settings']>>;
