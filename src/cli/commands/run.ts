import { serveApi } from '../../api/server.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { DEFAULT_FILE } from '../../base/paths.ts';
import { formatIssue } from '../../config/issue.ts';
import { systemClock } from '../../daemon/clock.ts';
import { type ConfigReader, loadWith, readsHere } from '../../daemon/config-reader.ts';
import { readsInThread } from '../../daemon/config-thread.ts';
import { systemDisk } from '../../daemon/disk.ts';
import { electionParts } from '../../daemon/election-parts.ts';
import { Director } from '../../daemon/lifecycle.ts';
import { createLog } from '../../daemon/log.ts';
import { explained } from '../../daemon/preflight.ts';
import { runProgram } from '../../daemon/programs/program.ts';
import { openFilesLimit } from '../../kernel/descriptors.ts';
import { openIpvs } from '../../kernel/ipvs.ts';
import { openNet } from '../../kernel/net.ts';
import { openProbeEngine } from '../../kernel/probe-engine.ts';
import { syncPort } from '../../kernel/sync.ts';
import { openSysctls } from '../../kernel/sysctl.ts';
import { createProber } from '../../probe/index.ts';
import { type Command, text } from '../command.ts';

/** From the end of all work to the end of the process, at most. */
const LINGER_MS = 5000;

export const command: Command = {
  usage: 'run [file]',
  summary: 'direct packets as a configuration file says, until SIGTERM; SIGHUP takes the file anew',
  options: [{ flags: '--log-level <level>', summary: 'debug, info, warn or error', default: 'info' }],
  examples: ['fairlead run /etc/fairlead/fairlead.yaml', 'kill -HUP $(pidof -x fairlead)   # reload'],
  async run([file = DEFAULT_FILE], options, io) {
    const reader = readsInThread();
    const loaded = await loadWith(soonest(reader), file);
    if (!loaded.ok) {
      for (const issue of loaded.error.issues) io.err(`${formatIssue(issue)}\n`);
      throw loaded.error.error;
    }
    const log = createLog({ terminal: process.stderr.isTTY === true, level: text(options.logLevel) });
    const { config, warnings } = loaded.value;
    for (const warning of warnings) log.warn('config', { text: formatIssue(warning) });
    const ports = await explained(async () => {
      const ipvs = openIpvs();
      return { ipvs, net: openNet(), sysctls: openSysctls(), sync: syncPort(ipvs) };
    });
    const probes = openProbeEngine();
    try {
      let died: (error: Error) => void = () => {};
      const death = new Promise<never>((_, reject) => {
        died = (error) => reject(failure('election-died', { reason: error.message }, error));
      });
      const parts = {
        ports,
        prober: createProber(systemClock, runProgram, probes),
        clock: systemClock,
        random: Math.random,
        openFiles: openFilesLimit(),
        log,
      };
      const election = electionParts(parts, (error) => died(error));
      const director = new Director(config, file, { ...parts, reader, history: true, disk: systemDisk, election });
      const api = await serveApi(director, config.director.socket, systemClock);
      try {
        const starting = director.start();
        // From here on no signal ends the process half-way.
        const stopping = stopSignal(() => void director.reload().catch(() => {}));
        await starting;
        await Promise.race([stopping, death]);
        await director.stop();
        // process.exit() would wait for a thread that hangs; a supervisor shall not.
        setTimeout(() => {
          log.error('stop', { text: 'something still holds this process after its end: it is killed' });
          process.kill(process.pid, 'SIGKILL');
        }, LINGER_MS).unref();
      } finally {
        await api.close();
      }
    } finally {
      probes.close();
      ports.ipvs.close();
      ports.net.close();
    }
    return EXIT.done;
  },
};

/** Before anything runs nobody has to wait, and a short text is read before a thread is up: 0.1 s sooner. */
const soonest = (reader: ConfigReader): ConfigReader => ({
  ...readsHere,
  read: (text, file) => (text.length < SHORT ? readsHere : reader).read(text, file),
});
const SHORT = 64 * 1024;

/** Resolves with the first SIGTERM or SIGINT. */
function stopSignal(onReload: () => void): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGHUP', onReload);
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
