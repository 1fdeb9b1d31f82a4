import type { CheckRunner } from './kind.ts';

/** An echo request, answered. */
export const probePing: CheckRunner<'ping'> = async ({ address }, _check, _signal, { echo, timeoutMs, stop }) => {
  const { ok, phase, outcome, evidence } = await echo.ping(address, timeoutMs, stop);
  return { ok, phase, outcome, evidence: `${address} ${evidence}` };
};
