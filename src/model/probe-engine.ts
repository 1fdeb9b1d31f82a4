import type { Carrier, PhaseLimits, ProbeSource } from './desired.ts';
import type { ProbeResult } from './health.ts';
import type { OpenSocket } from './ports.ts';

/** What the engine can ask by itself. */
export interface EngineQuestion {
  readonly kind: 'tcp' | 'ping' | 'udp' | 'http' | 'syn';
  readonly address: string;
  /** 0 for pings. */
  readonly port: number;
  readonly from?: ProbeSource;
  readonly timeoutMs: number;
  readonly limits?: PhaseLimits;
  /** The datagram, or the request of HTTP. */
  readonly send?: Uint8Array;
  /** What an answer to a datagram must begin with, where `mask` has bits; of one length. */
  readonly expect?: { readonly bytes: Uint8Array; readonly mask: Uint8Array };
  /** Bytes of data in an echo request; absent: as few as it needs. */
  readonly size?: number;
  readonly ttl?: number;
  /** So many of the latest pings are judged together, and so much percent of them may be lost. */
  readonly window?: number;
  readonly loss?: number;
  /** How far times between repetitions may be off their mean either way, as a share of it; absent: not at all. */
  readonly jitter?: number;
  /** What ICMP says of a datagram is not heard. */
  readonly deafToErrors?: boolean;
  /** A TCP connection is ended in order and not reset. */
  readonly orderly?: boolean;
  /** How a SYN for `service` is carried to `address`; absent: it is for `address` itself. */
  readonly carrier?: Carrier;
  readonly service?: string;
}

/** How a probe came to its end, in the order of the engine's (native/probe/question.h). `ended`: the server closed without an
 *  answer. `stalled`: the engine itself was held up. */
export const ENDINGS = [
  ...(['connected', 'answered', 'unexpected', 'status', 'timeout'] as const),
  ...(['stalled', 'failed', 'ended', 'not-http', 'too-long', 'lossy'] as const),
] as const;
export type Ending = (typeof ENDINGS)[number];

export interface EngineAnswer {
  /** Monotonic milliseconds, as those of performance.now(). */
  readonly at: number;
  readonly durationMs: number;
  readonly phase: ProbeResult['phase'];
  readonly ending: Ending;
  /** An errno of `failed`, the code of `status`, the bytes of `answered` and `unexpected`; of pings that are judged together,
   *  how many were lost, and above 16 bits of how many. */
  readonly detail: number;
}

/** Answers like the one told last, which were counted in its place. Durations are milliseconds. */
export interface EngineRepeats {
  readonly count: number;
  /** Of the latest. */
  readonly at: number;
  readonly durationMs: number;
  /** Of all together. */
  readonly sumMs: number;
  /** How many took so long, by the bounds that the engine was opened with and one more bucket for what is above them. */
  readonly latency: ArrayLike<number>;
}

/** A target that can be asked again and again, once at a time. */
export interface EngineTarget {
  /** At a moment of performance.now(); what is past is now. One answer follows. While it is being asked, more is passed
   *  over; while it waits for its time, the latest counts. With `repeatMs` it is asked again in that rhythm as long as the
   *  answer is the one told last; such answers are counted and not told. */
  ask(at: number, repeatMs?: number): void;
  /** The next answer is told, whatever it is, and ends the repetition. */
  tellNext(): void;
  /** The first bytes of the latest unexpected answer, once. */
  sample(): Uint8Array;
  /** Nothing is answered after it. */
  remove(): void;
}

/** A thread that asks very many targets and never waits for this one. */
export interface ProbeEnginePort {
  /** `holdMs`: an answer like the one before waits until it is so long since others were told, so that very many are told together
   *  and one alone at once. */
  add(
    question: EngineQuestion,
    holdMs: number,
    onAnswer: (answer: EngineAnswer) => void,
    onRepeats?: (repeats: EngineRepeats) => void,
  ): EngineTarget;
  /** Hands on what was repeated since the last call. */
  collect(): void;
  /** As collect, a target at a time. */
  collectSteps(): Generator<void, void>;
  /** Answers that came and fit nothing that was asked, late or forged. */
  refused(): number;
  /** For kinds that the engine cannot ask. */
  readonly openSocket: OpenSocket;
  close(): void;
}
