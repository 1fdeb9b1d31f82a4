import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hideInText } from '../config/hidden.ts';
import { takeConfig } from './config-file.ts';
import { toPieces } from './config-pieces.ts';
import type { ReaderAnswer, ReaderRequest } from './config-thread.ts';

/** The thread that reads configurations. config-thread.ts is its other end. What it throws ends it, and is told there. */

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

/** So much less than the threads that have to be on time. */
const NICE = 5;
try {
  // On Linux a priority is a thread's own.
  setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICE);
} catch {
  // Without /proc it is as important as the others.
}

port.on('message', (request: ReaderRequest) => {
  const answer = carryOut(request);
  const pieces = answer.kind === 'hidden' ? [] : answer.pieces;
  port.postMessage(
    answer,
    pieces.map(({ buffer }) => buffer as ArrayBuffer),
  );
});

function carryOut(request: ReaderRequest): ReaderAnswer {
  if (request.kind === 'hide') return { kind: 'hidden', text: hideInText(request.text) };
  const taken = takeConfig(request.text, request.file);
  return taken.ok
    ? { kind: 'loaded', pieces: toPieces(taken.value) }
    : { kind: 'refused', pieces: toPieces(taken.error.issues) };
}
