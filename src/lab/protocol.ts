/** The requests a lab answers, one per connection. Checked by hand: the agent has to start fast in an emulated guest,
 *  and a validation library costs it more time than everything else here. */
export const PROTOCOL = 1;

export interface ExecRequest {
  readonly op: 'exec';
  readonly host: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}
/** A byte stream to an address in the lab, opened from the lab's root namespace. */
export interface ConnectRequest {
  readonly op: 'connect';
  readonly address: string;
  readonly port: number;
}
export interface ProcessRequest {
  readonly op: 'process';
  readonly host: string;
  readonly process: string;
  readonly action: 'start' | 'stop' | 'kill';
}
export interface InfoRequest {
  readonly op: 'info';
}
export type Request = ExecRequest | ConnectRequest | ProcessRequest | InfoRequest;

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}
/** Names of failures that the asking side turns into its own error. */
export interface Refusal {
  readonly reason: string;
  readonly kind?: string;
  readonly name?: string;
  readonly present?: string;
}
export type Answer =
  | { readonly ok: true; readonly info?: LabInfo }
  | { readonly refused: Refusal }
  | { readonly exit: Exit };
/** What the asking side may send after its request. */
export type Signal = { readonly signal: NodeJS.Signals };

export interface LabInfo {
  readonly topology: string;
  readonly driver: string;
  readonly kernel: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly netns: string;
    readonly processes: readonly { readonly name: string; readonly running: boolean }[];
  }[];
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** The request in a control frame, or what is wrong with it. */
export function readRequest(payload: Uint8Array): Request | { readonly wrong: string } {
  let message: Record<string, unknown>;
  try {
    message = record(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return { wrong: 'the request is not JSON' };
  }
  if (message.v !== PROTOCOL) return { wrong: `protocol ${String(message.v)} where ${PROTOCOL} is spoken` };
  const { op, host, argv, env, cwd, address, port, process, action } = message;
  if (op === 'info') return { op };
  if (op === 'connect' && isText(address) && typeof port === 'number') return { op, address, port };
  if (op === 'process' && isText(host) && isText(process)) {
    if (action === 'start' || action === 'stop' || action === 'kill') return { op, host, process, action };
  }
  if (op === 'exec' && isText(host) && isTexts(argv) && argv.length > 0) {
    const environment = record(env);
    if (!Object.values(environment).every(isText)) return { wrong: 'env must hold texts' };
    return { op, host, argv, env: environment as Record<string, string>, ...(isText(cwd) ? { cwd } : {}) };
  }
  return { wrong: `request "${String(op)}" is unknown or incomplete` };
}

/** A control message, `{}` when it is not one. */
export function readControl(payload: Uint8Array): Record<string, unknown> {
  try {
    return record(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return {};
  }
}
