import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { runProgram } from '../../../src/daemon/programs/program.ts';
import { OUR_OWN_TROUBLE } from '../../../src/health/own-trouble.ts';
import { KernelError } from '../../../src/model/kernel-error.ts';
import { createProber } from '../../../src/probe/index.ts';
import { engine, settingsOf } from '../../support/probe/ask.ts';

const clock = { now: () => performance.now(), wall: () => Date.now() };

test('sctp: a kernel without it says nothing about the server', async () => {
  const openSocket = (): never => {
    const errno = constants.errno.EPROTONOSUPPORT;
    throw new KernelError({ code: 'kernel', errno, operation: 'open a socket', text: 'protocol not supported' });
  };
  const prober = createProber(clock, runProgram, { ...engine, openSocket });
  const target = { address: '127.0.0.1', port: 9899 };
  const { outcome, evidence } = await prober.probe(target, settingsOf('sctp'), new AbortController().signal);
  expect(OUR_OWN_TROUBLE).toContain(outcome);
  expect(evidence).toContain('protocol not supported');
});
