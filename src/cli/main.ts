import { Command as Commander, CommanderError } from 'commander';
import { EXIT, FairleadError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import type { Command, Io } from './command.ts';

/** Every command: its name and how to load it. Loaded when named, so that one command does not pay for the others. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  run: () => import('./commands/run.ts'),
  check: () => import('./commands/check.ts'),
  doctor: () => import('./commands/doctor.ts'),
  plan: () => import('./commands/plan.ts'),
  apply: () => import('./commands/apply.ts'),
  status: () => import('./commands/status.ts'),
  services: () => import('./commands/services.ts'),
  servers: () => import('./commands/servers.ts'),
  checks: () => import('./commands/checks.ts'),
  top: () => import('./commands/top.ts'),
  explain: () => import('./commands/explain.ts'),
  predict: () => import('./commands/predict.ts'),
  connections: () => import('./commands/connections.ts'),
  events: () => import('./commands/events.ts'),
  report: () => import('./commands/report.ts'),
  metrics: () => import('./commands/metrics.ts'),
  instances: () => import('./commands/instances.ts'),
  failover: () => import('./commands/failover.ts'),
  maintenance: () => import('./commands/maintenance.ts'),
  drain: () => import('./commands/drain.ts'),
  undrain: () => import('./commands/undrain.ts'),
  weight: () => import('./commands/weight.ts'),
  pin: () => import('./commands/pin.ts'),
  overrides: () => import('./commands/overrides.ts'),
  token: () => import('./commands/token.ts'),
  reload: () => import('./commands/reload.ts'),
  config: () => import('./commands/config.ts'),
  completion: () => import('./commands/completion.ts'),
  ipvsadm: () => import('./commands/ipvsadm.ts'),
  vrrp: () => import('./commands/vrrp.ts'),
  demo: () => import('./commands/demo.ts'),
  lab: () => import('./commands/lab.ts'),
};

export const EXIT_WORDS: readonly (readonly [number, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'usage or configuration'],
  [EXIT.unreachable, 'no daemon'],
  [EXIT.permission, 'not permitted'],
  [EXIT.kernel, 'the kernel lacks it'],
  [EXIT.policy, 'refused by policy'],
];

/** Runs one command line (without `node` and the script) and returns its exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [first] = argv;
  const named = first !== undefined && first in COMMANDS ? [first] : Object.keys(COMMANDS);
  let exit: number = EXIT.done;
  const program = new Commander('fairlead')
    .description("A packet director: virtual services on the kernel's IPVS, health-checked real servers, one file.")
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', `\nExit codes: ${EXIT_WORDS.map(([code, words]) => `${code} ${words}`).join(', ')}`);
  for (const name of named) {
    const command = (await COMMANDS[name]?.())?.command;
    if (command) mount(program, command, io, (code) => (exit = code));
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    return report(error, io);
  }
  return exit;
}

function mount(program: Commander, command: Command, io: Io, done: (code: number) => void): void {
  const mounted = program.command(command.usage).summary(command.summary).description(command.summary);
  mounted.showHelpAfterError(`(see fairlead ${mounted.name()} --help)`);
  for (const option of command.options ?? []) mounted.option(option.flags, option.summary, option.default);
  if (command.passThrough) mounted.passThroughOptions().allowUnknownOption().helpOption(false);
  if (command.examples.length > 0)
    mounted.addHelpText('after', `\nExamples:\n${command.examples.map((e) => `  ${e}`).join('\n')}`);
  mounted.action(async () => {
    done(await command.run(mounted.args, mounted.opts(), io));
  });
}

function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof FairleadError) {
    io.err(`fairlead: ${error.message} (${error.code})\n  fix: ${error.fix}\n`);
    return error.exit;
  }
  io.err(`fairlead: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}
