export type LogFields = Readonly<Record<string, unknown>>;

/** What the levels above 3 write to. `event` is a static kebab-case name that people can search for. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
