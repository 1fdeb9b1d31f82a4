import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CHANNEL, type Channel, encodeControl, encodeData, encodeFrame, type Frame } from './frames.ts';
import type { Answer, ConnectRequest, ExecRequest, Refusal } from './protocol.ts';

/** One request's connection, after its first frame: `take` gets the frames that follow. */
export interface Session {
  take(frame: Frame): void;
  /** The asking side has gone. */
  gone(): void;
}

export const answer = (socket: Socket, message: Answer): boolean => socket.write(encodeControl(message));

export function refuse(socket: Socket, refused: Refusal): void {
  socket.end(encodeControl({ refused } satisfies Answer));
}

/** How long a command whose caller has gone may take to end by itself. */
const GRACE_MS = 1000;

/** Runs a command in a host and carries its three streams, its signals and its end. */
export function execSession(
  socket: Socket,
  request: ExecRequest,
  enter: readonly string[],
  env: Readonly<Record<string, string>>,
): Session {
  // Behind nsenter the command gets a session of its own, so that a signal reaches its whole group and not nsenter,
  // which has to stay to tell its exit code.
  const words = [
    ...enter,
    ...(request.cwd && enter.length > 0 ? [`--wdns=${request.cwd}`] : []),
    ...(enter.length > 0 ? ['setsid'] : []),
    ...request.argv,
  ];
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: { ...env, ...request.env },
    cwd: enter.length === 0 ? (request.cwd ?? '/') : '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let ended = false;
  const finish = (exit: { code: number | null; signal: string | null }) => {
    if (ended) return;
    ended = true;
    socket.end(encodeControl({ exit } satisfies Answer));
  };
  child.once('error', (error) => {
    for (const frame of encodeData(CHANNEL.error, Buffer.from(`lab: ${error.message}\n`))) socket.write(frame);
    finish({ code: 127, signal: null });
  });
  child.once('close', (code, signal) => finish({ code, signal }));
  child.stdin.on('error', () => {});
  answer(socket, { ok: true });
  carry(child.stdout, socket, CHANNEL.data);
  carry(child.stderr, socket, CHANNEL.error);

  const signal = (name: NodeJS.Signals) => {
    if (!ended) signalCommand(child, enter.length > 0, name);
  };
  return {
    take({ channel, payload }) {
      if (channel === CHANNEL.data) {
        if (payload.length === 0) child.stdin.end();
        else if (!child.stdin.write(payload)) {
          socket.pause();
          child.stdin.once('drain', () => socket.resume());
        }
      } else if (channel === CHANNEL.control) {
        const name: unknown = JSON.parse(payload.toString('utf8'))?.signal;
        if (typeof name === 'string' && /^SIG[A-Z0-9]+$/.test(name)) signal(name as NodeJS.Signals);
      }
    },
    gone() {
      if (ended) return;
      signal('SIGTERM');
      setTimeout(() => signal('SIGKILL'), GRACE_MS).unref();
    },
  };
}

/** Signals a command's process group. Below nsenter that is the group of its only child. */
export function signalCommand(child: ChildProcess, entered: boolean, signal: NodeJS.Signals, tries = 20): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const target = entered ? childOf(pid) : pid;
  try {
    if (target === undefined) throw new Error('not there yet');
    process.kill(-target, signal);
  } catch {
    // Between fork and setsid there is no such group yet.
    if (tries > 0) setTimeout(() => signalCommand(child, entered, signal, tries - 1), 25).unref();
  }
}

function childOf(pid: number): number | undefined {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

/** Connects to an address in the lab and carries bytes both ways. */
export function connectSession(socket: Socket, request: ConnectRequest): Session {
  const target = net.connect({ host: request.address, port: request.port, allowHalfOpen: true });
  target.once('connect', () => {
    answer(socket, { ok: true });
    carry(target, socket, CHANNEL.data);
  });
  target.once('error', (error) => refuse(socket, { reason: error.message }));
  target.once('close', () => socket.end());
  return {
    take({ channel, payload }) {
      if (channel !== CHANNEL.data) return;
      if (payload.length === 0) target.end();
      else if (!target.write(payload)) {
        socket.pause();
        target.once('drain', () => socket.resume());
      }
    },
    gone: () => target.destroy(),
  };
}

/** Frames a stream onto the socket at the pace the socket takes it; an empty frame marks the end of data. */
function carry(stream: Readable, socket: Socket, channel: Channel): void {
  stream.on('data', (chunk: Buffer) => {
    let room = true;
    for (const frame of encodeData(channel, chunk)) room = socket.write(frame);
    if (!room) {
      stream.pause();
      socket.once('drain', () => stream.resume());
    }
  });
  stream.once('end', () => {
    if (channel === CHANNEL.data && socket.writable) socket.write(encodeFrame(CHANNEL.data, Buffer.alloc(0)));
  });
}
