import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { formatEndpoint } from '../base/ip.ts';
import { connectTo } from './connect.ts';
import { bad, type Ended, outcomeOf, type Target } from './kind.ts';
import { type Phases, phasesOf } from './phases.ts';
import { proxyHeader } from './proxy.ts';

/** What a server may make us keep at a time, and send in all: one that talks for ever costs this much and no more. */
const MAX_HELD_BYTES = 64 * 1024;
const MAX_TOTAL_BYTES = 256 * 1024;

/** A conversation with one server over TCP or TLS, for checks that speak a protocol: bounded in bytes, ended by the check's
 *  deadline, and closed with a reset so that probes leave no TIME_WAIT behind. What goes wrong is thrown as `Ended`. */
export class Channel implements AsyncDisposable {
  readonly where: string;
  #socket: Socket;
  readonly #phases: Phases;
  #held: Buffer = Buffer.alloc(0);
  readonly #maxTotal: number;
  #total = 0;
  #closed: string | null = null;
  #wake: (() => void) | undefined;

  private constructor(where: string, socket: Socket, phases: Phases, maxTotal: number) {
    this.where = where;
    this.#maxTotal = maxTotal;
    this.#socket = socket;
    this.#phases = phases;
    phases.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#listen();
  }

  /** Connects, and sends the PROXY header if there shall be one. Fails in phase `connect`: `connect to 10.0.0.12:25 refused`. */
  static async open(target: Target, signal: AbortSignal, maxTotal = MAX_TOTAL_BYTES): Promise<Channel> {
    const where = formatEndpoint(target.address, target.port);
    const socket = connectTo(target);
    const phases = phasesOf(target, signal);
    const channel = new Channel(where, socket, phases, maxTotal);
    await channel.#until('connect', `connect to ${where}`, () => !socket.connecting && !socket.destroyed);
    phases.responding();
    if (target.proxy) channel.send(proxyHeader(target.proxy, socket));
    return channel;
  }

  /** Goes on in TLS on this connection. `asked` names what failed: `TLS with 10.0.0.12:443`. */
  async secure(options: ConnectionOptions): Promise<TLSSocket> {
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
    const tls = connectTls({ ...options, socket: plain });
    this.#socket = tls;
    this.#held = Buffer.alloc(0);
    this.#listen();
    let done = false;
    tls.once('secureConnect', () => {
      done = true;
      this.#wake?.();
    });
    await this.#until('connect', `TLS with ${this.where}`, () => done);
    return tls;
  }

  send(data: Buffer | string): void {
    if (this.#closed === null) this.#socket.write(data);
  }

  /** The next line without its end (LF or CRLF). `asked` completes "ASKED got no answer". */
  async line(asked: string, maxBytes = 4096): Promise<string> {
    const taken = await this.take(asked, (held) => {
      const end = held.indexOf(10);
      if (end < 0 && held.length > maxBytes) throw this.#tooLong(asked, maxBytes);
      return end < 0 ? null : end + 1;
    });
    return taken.toString('latin1').replace(/\r?\n$/, '');
  }

  async exactly(asked: string, bytes: number): Promise<Buffer> {
    if (bytes > MAX_HELD_BYTES) throw this.#tooLong(asked, MAX_HELD_BYTES);
    return this.take(asked, (held) => (held.length >= bytes ? bytes : null));
  }

  /** As many bytes as `find` says once it does not answer null; it sees everything that came and was not taken. */
  async take(asked: string, find: (held: Buffer) => number | null): Promise<Buffer> {
    let size: number | null = null;
    await this.#until('response', asked, () => {
      size = find(this.#held);
      if (size === null && this.#held.length >= MAX_HELD_BYTES) throw this.#tooLong(asked, MAX_HELD_BYTES);
      return size !== null;
    });
    const taken = this.#held.subarray(0, size ?? 0);
    this.#held = this.#held.subarray(size ?? 0);
    this.#socket.resume();
    return taken;
  }

  /** What came and was not taken, at least a byte; none once the server has closed. */
  async part(asked: string): Promise<Buffer> {
    return this.take(asked, (held) => (held.length > 0 ? held.length : this.ended ? 0 : null));
  }

  /** Whatever the server sends until it closes or `maxBytes` came. */
  async rest(asked: string, maxBytes = MAX_HELD_BYTES - 1): Promise<Buffer> {
    return this.take(asked, (held) =>
      held.length >= maxBytes ? maxBytes : this.#closed === 'ended' ? held.length : null,
    );
  }

  /** The server closed; what it had sent may still be taken. */
  get ended(): boolean {
    return this.#closed === 'ended';
  }

  /** What TLS agreed on (ALPN): `h2`; undefined in the clear and where nothing was agreed on. */
  get agreed(): string | undefined {
    const protocol = 'alpnProtocol' in this.#socket ? this.#socket.alpnProtocol : undefined;
    return typeof protocol === 'string' ? protocol : undefined;
  }

  /** Aborts when the time is over, of the whole or of the phase. */
  get signal(): AbortSignal {
    return this.#phases.signal;
  }

  /** The connection for somebody else to speak on, paused; it is still closed here. */
  handOver(): Socket {
    this.#socket.removeAllListeners('data').pause();
    if (this.#held.length > 0) this.#socket.unshift(this.#held);
    return this.#socket;
  }

  /** Ends in order, in place of the reset: what was sent arrives, and the server hears an end, unless it ended first. */
  async finish(): Promise<void> {
    const socket = this.#socket;
    if (this.#closed !== null) return;
    socket.end();
    await new Promise<void>((resolve) => {
      for (const event of ['finish', 'close'] as const) socket.once(event, () => resolve());
      this.#phases.signal.addEventListener('abort', () => resolve(), { once: true });
      if (socket.writableFinished || socket.destroyed || this.#phases.signal.aborted) resolve();
    });
  }

  close(): void {
    this.#phases.signal.removeEventListener('abort', this.#onAbort);
    this.#phases.end();
    this.#socket.on('error', () => {});
    if ('encrypted' in this.#socket || this.#socket.writableFinished) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  readonly #onAbort = (): void => this.#wake?.();

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (part: Buffer) => {
      this.#total += part.length;
      this.#held = this.#held.length === 0 ? part : Buffer.concat([this.#held, part]);
      if (this.#held.length >= MAX_HELD_BYTES || this.#total >= this.#maxTotal) socket.pause();
      this.#wake?.();
    });
    socket.on('connect', () => this.#wake?.());
    socket.on('end', () => this.#end('ended'));
    socket.on('close', () => this.#end('ended'));
    // Stays listening: a reset that arrives after the verdict must not become an uncaught error.
    socket.on('error', (error) => this.#end(outcomeOf(error)));
  }

  #end(how: string): void {
    this.#closed ??= how;
    this.#wake?.();
  }

  async #until(phase: 'connect' | 'response', asked: string, found: () => boolean): Promise<void> {
    for (;;) {
      if (found()) return;
      if (this.#phases.signal.aborted) throw this.#give(bad(phase, 'timeout', `${asked} got no answer in time`));
      if (this.#total >= this.#maxTotal) throw this.#tooLong(asked, this.#maxTotal);
      if (this.#closed !== null) throw this.#give(bad(phase, this.#closed, inWords(asked, phase, this.#closed)));
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #tooLong(asked: string, bytes: number): Ended {
    return this.#give(bad('response', 'too-long', `${asked} answered more than ${bytes} bytes`));
  }

  #give(ended: Ended): Ended {
    this.close();
    return ended;
  }
}

const inWords = (asked: string, phase: 'connect' | 'response', how: string): string =>
  phase === 'connect' ? `${asked} ${how}` : `${asked} ended without an answer (${how})`;
