import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { failure } from '../base/errors.ts';
import { CHANNEL, encodeControl, encodeData, encodeFrame, FrameReader } from './frames.ts';
import { lineWaiter } from './lines.ts';
import { type Exit, type LabInfo, PROTOCOL, type Refusal, type Request, readControl } from './protocol.ts';

/** Opens a connection to a lab's agent, ready for a request. */
export type Connector = () => Promise<Socket>;

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  /** After this long the command is ended and the result says `timedOut`. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ExecResult {
  /** The command's exit code; 128 + signal number when a signal ended it, as shells have it; 124 after a timeout. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A command that goes on in the lab. */
export interface LabProcess {
  readonly stdin: { write(data: string | Uint8Array): void; end(): void };
  readonly stdout: Readable;
  readonly stderr: Readable;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when the command has ended and all it wrote has come in. */
  readonly exited: Promise<number>;
  /** The first line of stdout or stderr that matches, after the one found by the last call; rejects when the command
   *  ends first. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
}

export async function exec(connect: Connector, host: string, argv: readonly string[], options: ExecOptions = {}) {
  const child = await start(connect, host, argv, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  if (options.input !== undefined) child.stdin.write(options.input);
  child.stdin.end();
  let timedOut = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, options.timeoutMs);
  const code = await child.exited.finally(() => clearTimeout(timer));
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
  return { code: timedOut ? 124 : code, stdout: text(stdout), stderr: text(stderr), timedOut } satisfies ExecResult;
}

/** Starts a command in a host and gives its streams. */
export async function start(
  connect: Connector,
  host: string,
  argv: readonly string[],
  options: Pick<ExecOptions, 'env' | 'cwd'> = {},
): Promise<LabProcess> {
  const { env, cwd } = options;
  const call = await request(connect, { op: 'exec', host, argv, ...(env && { env }), ...(cwd && { cwd }) });
  const { socket } = call;
  const exited = call.ended.then((exit) => {
    if (exit) return exitCode(exit);
    throw failure('lab-failed', { reason: `the lab went away during \`${argv.join(' ')}\``, advice: 'start it again' });
  });
  exited.catch(() => {});
  return {
    stdin: {
      write(data) {
        for (const frame of encodeData(CHANNEL.data, Buffer.from(data))) socket.write(frame);
      },
      end: () => void socket.write(encodeFrame(CHANNEL.data, Buffer.alloc(0))),
    },
    stdout: call.stdout,
    stderr: call.stderr,
    kill: (signal = 'SIGTERM') => void (socket.writable && socket.write(encodeControl({ signal }))),
    exited,
    waitForLine: lineWaiter([call.stdout, call.stderr], exited),
  };
}

/** A stream to an address as the lab's root namespace sees it. */
export async function dial(connect: Connector, address: string, port: number): Promise<Call> {
  return request(connect, { op: 'connect', address, port });
}

export async function information(connect: Connector): Promise<LabInfo> {
  const { info, socket } = await request(connect, { op: 'info' });
  socket.destroy();
  if (!info) throw failure('lab-failed', { reason: 'its agent gave no information', advice: 'start it again' });
  return info;
}

export async function control(connect: Connector, host: string, process: string, action: 'start' | 'stop' | 'kill') {
  const { socket } = await request(connect, { op: 'process', host, process, action });
  socket.destroy();
}

export interface Call {
  readonly socket: Duplex;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly info: LabInfo | undefined;
  /** The exit, or undefined when the connection ended without one. */
  readonly ended: Promise<Exit | undefined>;
}

async function request(connect: Connector, message: Request): Promise<Call> {
  const socket = await connect();
  const reader = new FrameReader();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let exit: Exit | undefined;
  let accepted: (info: LabInfo | undefined) => void = () => {};
  let rejected: (error: Error) => void = () => {};
  const answered = new Promise<LabInfo | undefined>((resolve, reject) => {
    accepted = resolve;
    rejected = reject;
  });
  const ended = new Promise<Exit | undefined>((resolve) => {
    socket.once('close', () => {
      stdout.end();
      stderr.end();
      resolve(exit);
      rejected(failure('lab-failed', { reason: 'its agent closed the connection', advice: 'start it again' }));
    });
  });
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const { channel, payload } of reader.push(chunk)) {
        if (channel === CHANNEL.control) {
          const { ok, info, refused, exit: end } = readControl(payload);
          if (ok) accepted(info as LabInfo | undefined);
          if (refused) rejected(refusal(refused as Refusal));
          if (end) exit = end as Exit;
        } else if (channel === CHANNEL.data && payload.length === 0) stdout.end();
        else {
          const stream = channel === CHANNEL.data ? stdout : stderr;
          // A reader who is slow slows the command, not this process's memory.
          if (!stream.write(payload)) {
            socket.pause();
            stream.once('drain', () => socket.resume());
          }
        }
      }
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });
  socket.write(encodeControl({ v: PROTOCOL, ...message }));
  try {
    return { socket, stdout, stderr, info: await answered, ended };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function refusal({ reason, kind, name, present }: Refusal): Error {
  if (kind && name && present) return failure('not-found', { kind, name, present });
  return failure('lab-failed', { reason, advice: 'see `npm run lab -- status`' });
}

const exitCode = ({ code, signal }: Exit): number => code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
