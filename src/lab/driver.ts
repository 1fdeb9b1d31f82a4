import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { failure } from '../base/errors.ts';
import { MARK } from './agent.ts';
import type { Connector } from './client.ts';
import { readControl } from './protocol.ts';

export type DriverName = 'host' | 'vm';

/** Milliseconds since the lab was asked for, by what was reached then. */
export type Phases = Record<string, number>;

/** A kernel with the lab on it. */
export interface Ground {
  readonly connect: Connector;
  readonly phases: Phases;
  /** Resolves when it has ended, wanted or not. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Follows the agent's lines in a process's output until it is ready; all it prints goes to the log. */
export function agentReady(child: ChildProcess, log: string, phases: Phases, since: number, deadlineMs: number) {
  const file = createWriteStream(log, { flags: 'a', mode: 0o600 });
  const tail: string[] = [];
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string, advice = 'run it again; the lines above are the last that its console had') => {
      clearTimeout(timer);
      reject(failure('lab-failed', { reason, advice }));
    };
    const timer = setTimeout(() => {
      const reached = Object.keys(phases).join(', ') || 'nothing';
      fail(`not ready after ${deadlineMs} ms; reached: ${reached}\n${tail.join('\n')}`);
    }, deadlineMs);
    let silenced = false;
    const line = (text: string) => {
      // What a panic prints after its cause would push the cause out.
      silenced ||= text.includes('Call Trace:');
      if (!silenced) tail.push(text);
      if (tail.length > 6) tail.shift();
      const at = text.indexOf(MARK);
      if (at < 0) return;
      const { phase, ready, failed, fix } = readControl(Buffer.from(text.slice(at + MARK.length)));
      if (typeof phase === 'string') phases[phase] = Date.now() - since;
      if (typeof failed === 'string') fail(failed, typeof fix === 'string' ? fix : undefined);
      if (ready === true) {
        phases.ready = Date.now() - since;
        clearTimeout(timer);
        resolve();
      }
    };
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      file.write(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each.replace('\r', ''));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      file.write(text);
      tail.push(text.trim());
    });
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      file.end();
      fail(`it ended with ${code}\n${tail.join('\n')}`);
    });
  });
}
