/** Exit codes of every command but `fairlead ipvsadm`, which keeps ipvsadm's own. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, permission: 4, kernel: 6, policy: 7 } as const;
export type ExitName = keyof typeof EXIT;

interface ErrorRow {
  readonly exit: ExitName;
  /** What was expected and what came; `{name}` is filled from the arguments. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Every error Fairlead can end with, one row each. Codes are never reused for another meaning. */
export const ERRORS = {
  'config-invalid': {
    exit: 'usage',
    message: '{file} has {count} mistakes; nothing was changed',
    fix: 'correct the lines named above and run `fairlead check {file}`',
  },
  'config-unreadable': { exit: 'usage', message: 'cannot read {file}: {reason}', fix: 'check the path and its mode' },
  'config-unchecked': {
    exit: 'failed',
    message: '{file} could not be checked, and nothing was changed: {reason}',
    fix: 'see what `fairlead check {file}` says; if it is well there, make the file smaller or its machine larger',
  },
  'config-unwritable': {
    exit: 'failed',
    message: 'nothing was changed, because {file} cannot be written: {reason}',
    fix: 'see its mode and folder, and the unit (ReadWritePaths=)',
  },
  'config-fixed': {
    exit: 'policy',
    message: 'the API may not replace {file}',
    fix: 'set `director.writable: true` in it and reload, or edit it and run `fairlead reload`',
  },
  'config-edited': {
    exit: 'policy',
    message: '{file} is no longer what runs: somebody edited it',
    fix: 'run `fairlead reload` and read it again first',
  },
  'config-refused': {
    exit: 'policy',
    message: 'nothing was changed: {reasons}',
    fix: 'correct that; POST /api/v1/config/validate and /api/v1/plan try a text without taking it',
  },
  'revision-required': {
    exit: 'policy',
    message: 'a change of {what} names the revision that it was made of',
    fix: 'send the ETag of what was read as If-Match',
  },
  usage: { exit: 'usage', message: '{detail}', fix: 'see `fairlead --help`' },
  'not-permitted': {
    exit: 'permission',
    message: '{operation} needs CAP_NET_ADMIN and this process does not have it',
    fix: 'run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW',
  },
  'ipvs-missing': {
    exit: 'kernel',
    message: 'the kernel has no IPVS (generic netlink family "IPVS" not found)',
    fix: 'load it with `modprobe ip_vs`, at boot with `echo ip_vs > /etc/modules-load.d/ipvs.conf`; a kernel without CONFIG_IP_VS needs replacing',
  },
  'scheduler-missing': {
    exit: 'kernel',
    message: 'the kernel cannot load scheduler "{scheduler}" (module ip_vs_{scheduler})',
    fix: '{advice}',
  },
  'tunnel-missing': {
    exit: 'kernel',
    message: 'the kernel does not know tunnels of type "{tunnel}" and would send ipip instead',
    fix: '{advice}; or use tunnel type ipip',
  },
  'interface-missing': {
    exit: 'kernel',
    message: 'interface {interface} does not exist; the interfaces here are {present}',
    fix: 'correct the name in the file (`addresses[].interface`, `director.sync.interface`), or create the interface before starting Fairlead',
  },
  'interface-busy': {
    exit: 'kernel',
    message: 'interface {interface} refuses address {address}: {reason}',
    fix: 'see `ip address show dev {interface}`; bring the link up or free the address, then reload',
  },
  'kernel-refused': {
    exit: 'kernel',
    message: 'the kernel refused {operation}: {reason}',
    fix: 'run `fairlead plan FILE` to see the whole change; the kernel log may say more',
  },
  'addon-missing': {
    exit: 'failed',
    message: 'the native part of Fairlead could not be loaded: {reason}',
    fix: 'in a clone run `npm run build`; elsewhere reinstall with `npm rebuild fairlead`',
  },
  'daemon-unreachable': {
    exit: 'unreachable',
    message: 'no Fairlead daemon answers on {socket}: {reason}',
    fix: 'start it with `fairlead run FILE`, or name its socket with --socket',
  },
  'daemon-running': {
    exit: 'failed',
    message: 'another Fairlead daemon already answers on {socket}',
    fix: 'stop it first, or give this one its own --socket and --state',
  },
  'socket-closed': {
    exit: 'permission',
    message: 'this user may not open {socket}',
    fix: 'run it as root, or as a member of the group of the socket (`api.group`)',
  },
  'program-untrusted': {
    exit: 'permission',
    message: '{program} would run as root, and others than root may change it: {reason}',
    fix: '`chown root` and `chmod go-w` what is named, or run it as another user with `user:`',
  },
  'socket-group': {
    exit: 'failed',
    message: '{socket} cannot be given to group {group}: {reason}',
    fix: 'correct `api.group`, make the group with `groupadd --system {group}`, or give the service CAP_CHOWN',
  },
  unauthenticated: {
    exit: 'permission',
    message: '{operation} needs the role {needed}, and {who}',
    fix: 'send a token of that role: --token-file FILE, or the header `Authorization: Bearer TOKEN`',
  },
  'role-missing': {
    exit: 'permission',
    message: '{operation} needs the role {needed}; {who} is {present}',
    fix: 'a row of `api.roles` with `role: {needed}` gives it to a user or a group',
  },
  'wrong-host': {
    exit: 'failed',
    message: 'the request is for {host}, which is not this director',
    fix: 'ask by address or by a name of the certificate, or add the name to `api.hosts`',
  },
  'wrong-origin': {
    exit: 'permission',
    message: 'a page of {origin} may not ask this director',
    fix: 'ask from a program, or from the same origin',
  },
  'too-many-requests': {
    exit: 'failed',
    message: 'too many requests; the next one in {seconds} s',
    fix: 'ask less often, or raise `api.requestsPerSecond`',
  },
  'listen-failed': {
    exit: 'failed',
    message: 'the API cannot listen on {listener}: {reason}',
    fix: 'correct `api.listen`; the address has to be on this machine when the daemon starts, and the port free',
  },
  'tls-unusable': {
    exit: 'usage',
    message: '{file} cannot be used for TLS: {reason}',
    fix: 'correct the paths below `tls`; certificate and key are PEM and belong together',
  },
  'tokens-unusable': {
    exit: 'failed',
    message: '{file} cannot be used: {reason}',
    fix: 'only its owner may read it: `chmod 600 {file}`; each line is NAME ROLE sha256:SALT:HASH DAY',
  },
  'api-refused': {
    exit: 'failed',
    message: 'the daemon refused: {reason}',
    fix: 'see `fairlead events` and the log of the daemon',
  },
  'not-found': {
    exit: 'usage',
    message: '{kind} "{name}" does not exist; there are: {present}',
    fix: 'correct the name',
  },
  'revision-stale': {
    exit: 'policy',
    message:
      'somebody else was faster: {what} are at revision {current}, and the request was made of revision {expected}',
    fix: 'read them again and decide anew',
  },
  'override-conflict': {
    exit: 'policy',
    message: '{detail}, which stands against it',
    fix: 'take that back first: `fairlead overrides --clear {id}`',
  },
  'overrides-unwritable': {
    exit: 'failed',
    message: 'nothing was changed, because it could not be kept in {file}: {reason}',
    fix: 'make room, or the folder writable (`director.overrides` names it), and try again',
  },
  busy: { exit: 'failed', message: '{what}', fix: 'try again when they have ended' },
  'state-unreadable': {
    exit: 'failed',
    message: 'state file {file} is not usable: {reason}',
    fix: 'it was set aside as {file}.bad; what it listed as ours is treated as foreign until it is in the file again',
  },
  'election-died': {
    exit: 'failed',
    message: "the election's thread ended, and with it every instance: {reason}",
    fix: 'a supervisor such as systemd should start Fairlead again; please report this',
  },
  'lab-failed': { exit: 'failed', message: 'the lab could not start: {reason}', fix: '{advice}' },
  'lab-missing': { exit: 'unreachable', message: 'no lab is running', fix: 'start one with `npm run lab -- up`' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
export type ErrorArguments<C extends ErrorCode> = Readonly<
  Record<Names<(typeof ERRORS)[C]['message']> | Names<(typeof ERRORS)[C]['fix']>, string | number>
>;

const fill = (template: string, values: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`));

/** The only error class that reaches a user on purpose; anything else is a defect. */
export class FairleadError extends Error {
  readonly code: ErrorCode;
  readonly values: Readonly<Record<string, string | number>>;
  readonly fix: string;
  readonly exit: number;

  /** `told`: another process's own texts, in place of the row's. */
  constructor(
    code: ErrorCode,
    values: Readonly<Record<string, string | number>>,
    options?: ErrorOptions,
    told?: { readonly message: string; readonly fix: string },
  ) {
    super(told?.message ?? fill(ERRORS[code].message, values), options);
    this.name = 'FairleadError';
    this.code = code;
    this.values = values;
    this.fix = told?.fix ?? fill(ERRORS[code].fix, values);
    this.exit = EXIT[ERRORS[code].exit];
  }
}

/** Builds the error of a row; the arguments its texts need are checked by the compiler. */
export function failure<C extends ErrorCode>(code: C, values: ErrorArguments<C>, cause?: unknown): FairleadError {
  return new FairleadError(code, values, cause === undefined ? undefined : { cause });
}
