import { type CheckRunner, good } from './kind.ts';

/** A program that knows better than any protocol. Its exit code is keepalived's MISC_CHECK. Its time is its own to keep: cut off by the
 *  probe's deadline it would count as stopped by us. */
export const probeScript: CheckRunner<'script'> = async (target, check, _signal, { run, timeoutMs, stop }) => {
  const { command, user, dynamic } = check;
  const [program = ''] = command;
  const started = run({
    command,
    user: user ?? null,
    timeoutMs,
    hear: 'both',
    environment: { FAIRLEAD_SERVER_ADDRESS: target.address, FAIRLEAD_SERVER_PORT: String(target.port) },
  });
  stop.addEventListener('abort', started.stop, { once: true });
  const { ok, outcome, text } = await started.ending;
  void started.over.then(() => stop.removeEventListener('abort', started.stop));
  const evidence = `${program} ${text}`;
  const code = Number(/^exit-(\d+)$/.exec(outcome)?.[1] ?? -1);
  if (dynamic && code >= 2) return { ...good('response', 'exit-weight', evidence), weight: { absolute: code - 2 } };
  return { ok, phase: 'response', outcome, evidence };
};
