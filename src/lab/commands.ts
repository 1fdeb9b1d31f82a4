import { failure } from '../base/errors.ts';
import type { DriverName } from './driver.ts';
import { holdInBackground } from './holder.ts';
import { ROOT_DIRECTORY } from './installation.ts';
import { attachLab, findLab, type Lab, openLab } from './lab.ts';
import { isAlive, type LabState, runningLabs } from './runtime.ts';
import { TOPOLOGIES, topologyNamed } from './topologies/index.ts';

/** Where a command reads and writes; tests pass their own. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** A subcommand of `fairlead lab`. `args` are the words behind its name; the result is the exit code. */
export interface LabCommand {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly examples: readonly string[];
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

const up: LabCommand = {
  name: 'up',
  summary: `start a lab in the background: ${TOPOLOGIES.map(({ name, summary }) => `${name} (${summary})`).join(', ')}`,
  usage: 'up [TOPOLOGY] [--driver host|vm|auto] [--lab NAME]',
  examples: ['npm run lab -- up', 'npm run lab -- up pair --driver vm'],
  async run(args, io) {
    const { words, options } = parse(args, ['driver', 'lab']);
    const driver = driverNamed(options.driver);
    const topology = words[0] ?? 'web';
    const name = options.lab ?? 'lab';
    const opened = await holdInBackground({ topology, driver, name });
    const seconds = ((opened.phases.ready ?? 0) / 1000).toFixed(1);
    io.stdout.write(`lab "${name}" (${topology}, driver ${opened.driver}) is up after ${seconds} s\n`);
    for (const [exposed, port] of Object.entries(opened.exposed)) {
      io.stdout.write(`  ${exposed}: http://127.0.0.1:${port}/\n`);
    }
    return 0;
  },
};

const exec: LabCommand = {
  name: 'exec',
  summary: 'run a command in a host of the lab, or in `root`, where its bridges are',
  usage: 'exec [--lab NAME] HOST COMMAND [ARGUMENT...]',
  examples: ['npm run lab -- exec client curl -s http://10.0.2.100/', 'npm run lab -- exec director fairlead status'],
  async run(args, io) {
    const { words, options } = parse(args, ['lab'], true);
    const [host, ...argv] = words;
    if (host === undefined || argv.length === 0) throw failure('usage', { detail: `usage: lab ${this.usage}` });
    return carry(await attachLab(options.lab), host, argv, io);
  },
};

const run: LabCommand = {
  name: 'run',
  summary: 'start a lab, run one command in it, end it',
  usage: 'run [--lab NAME] [--driver host|vm|auto] TOPOLOGY HOST COMMAND [ARGUMENT...]',
  examples: ['npm run lab -- run bare root ipvsadm --version'],
  async run(args, io) {
    const { words, options } = parse(args, ['driver', 'lab'], true);
    const [topology, host, ...argv] = words;
    if (topology === undefined || host === undefined || argv.length === 0) {
      throw failure('usage', { detail: `usage: lab ${this.usage}` });
    }
    const name = options.lab ?? `run-${process.pid}`;
    const lab = await openLab({ topology: topologyNamed(topology), driver: driverNamed(options.driver), name });
    try {
      return await carry(lab, host, argv, io);
    } finally {
      await lab.close();
    }
  },
};

const status: LabCommand = {
  name: 'status',
  summary: 'what runs: hosts, addresses, processes, exposed ports',
  usage: 'status [--lab NAME] [--json]',
  examples: ['npm run lab -- status', 'npm run lab -- status --json'],
  async run(args, io) {
    const { options } = parse(args, ['lab'], false, ['json']);
    const state = findLab(options.lab);
    const info = await (await attachLab(state.name)).info();
    if (options.json !== undefined) {
      io.stdout.write(
        `${JSON.stringify({ ...info, name: state.name, exposed: state.exposed, directory: state.directory })}\n`,
      );
      return 0;
    }
    io.stdout.write(
      `lab "${state.name}": ${info.topology}, driver ${info.driver}, kernel ${info.kernel}, log ${state.directory}/console.log\n`,
    );
    for (const host of info.hosts) {
      const shown = host.addresses.slice(0, SHOWN_ADDRESSES);
      if (shown.length < host.addresses.length) shown.push(`and ${host.addresses.length - shown.length} more`);
      const processes = host.processes.map(({ name, running }) => `${name} ${running ? 'running' : 'STOPPED'}`);
      io.stdout.write(
        `  ${host.name.padEnd(10)} ${shown.join(' ')}${processes.map((text) => `  [${text}]`).join('')}\n`,
      );
    }
    for (const [name, port] of Object.entries(state.exposed)) io.stdout.write(`  ${name}: http://127.0.0.1:${port}/\n`);
    return 0;
  },
};

const down: LabCommand = {
  name: 'down',
  summary: 'end a lab, and with it all that runs in it; --all ends those of this clone',
  usage: 'down [--lab NAME | --all]',
  examples: ['npm run lab -- down'],
  async run(args, io) {
    const { options } = parse(args, ['lab'], false, ['all']);
    // Other clones' labs are not ours to end.
    const labs =
      options.all === undefined ? [findLab(options.lab)] : runningLabs().filter(({ home }) => home === ROOT_DIRECTORY);
    for (const lab of labs) await end(lab);
    io.stdout.write(labs.length === 0 ? 'no lab is running\n' : `ended: ${labs.map(({ name }) => name).join(', ')}\n`);
    return 0;
  },
};

const processCommand = (action: 'start' | 'stop' | 'kill', summary: string): LabCommand => ({
  name: action,
  summary,
  usage: `${action} [--lab NAME] HOST [PROCESS]`,
  examples: [`npm run lab -- ${action} web2`],
  async run(args) {
    const { words, options } = parse(args, ['lab']);
    const [host = '', wanted] = words;
    const lab = await attachLab(options.lab);
    const known = (await lab.info()).hosts.find(({ name }) => name === host)?.processes ?? [];
    for (const name of wanted === undefined ? known.map((process) => process.name) : [wanted]) {
      await lab.process(host, name, action);
    }
    return 0;
  },
});

/** A client may have dozens; a status line has room for some. */
const SHOWN_ADDRESSES = 6;

/** The subcommands of `fairlead lab`, in the order of its help. */
export const LAB_COMMANDS: readonly LabCommand[] = [
  up,
  exec,
  run,
  status,
  processCommand('stop', "stop a host's processes (SIGTERM)"),
  processCommand('kill', "kill a host's processes (SIGKILL)"),
  processCommand('start', "start a host's processes again"),
  down,
];

/** Runs a command with this process's streams, directory and signals as its own. */
async function carry(lab: Lab, host: string, argv: readonly string[], io: CommandIo): Promise<number> {
  const env: Record<string, string> = process.env.TERM ? { TERM: process.env.TERM } : {};
  const child = await lab.spawn(host, argv, { cwd: process.cwd(), env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.stdout.pipe(io.stdout, { end: false });
  child.stderr.pipe(io.stderr, { end: false });
  io.stdin.on('data', (chunk: Buffer) => child.stdin.write(chunk)).once('end', () => child.stdin.end());
  const code = await child.exited;
  io.stdin.destroy();
  return code;
}

function driverNamed(text = 'auto'): DriverName | 'auto' {
  if (text === 'host' || text === 'vm' || text === 'auto') return text;
  throw failure('usage', { detail: `--driver is "${text}"; it can be host, vm or auto` });
}

async function end(lab: LabState): Promise<void> {
  process.kill(lab.pid, 'SIGTERM');
  for (let waited = 0; isAlive(lab); waited += 20) {
    if (waited > 10_000)
      throw failure('lab-failed', { reason: `process ${lab.pid} does not end`, advice: 'end it by hand' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Splits words from `--name value` and `--flag`. With `leading` only what comes before the first word is an option: the
 *  rest belongs to the command that is run. */
function parse(args: readonly string[], valued: readonly string[], leading = false, flags: readonly string[] = []) {
  const options: Record<string, string> = {};
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (leading && words.length > 0) words.push(word);
    else if (word === '--' && words.length === 0) continue;
    else if (!word.startsWith('--')) words.push(word);
    else {
      const [name = '', inline] = word.slice(2).split('=', 2);
      if (flags.includes(name)) options[name] = '';
      else if (!valued.includes(name)) throw failure('usage', { detail: `option --${name} is unknown here` });
      else options[name] = inline ?? args[++i] ?? '';
    }
  }
  return { words, options };
}
