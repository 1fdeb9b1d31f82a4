import { EXIT, FairleadError } from '../base/errors.ts';
import { runAgent } from './agent.ts';
import { LAB_COMMANDS } from './commands.ts';
import type { DriverName } from './driver.ts';
import { hold } from './holder.ts';

/** The bundle that runs inside a lab (`agent`) and holds one in the background (`hold`). An entry of its own, because it
 *  starts in a third of the command line's time and an emulated guest waits for it. Commands work here too. */
const [verb = '', ...args] = process.argv.slice(2);

if (verb === 'agent') {
  if (args.includes('--until-stdin-ends')) process.stdin.once('close', () => process.exit(0)).resume();
  await runAgent(args[0] ?? '');
} else if (verb === 'hold') {
  const [topology = '', driver, name = ''] = args;
  await hold({ topology, driver: driver as DriverName, name });
} else {
  const command = LAB_COMMANDS.find(({ name }) => name === verb);
  if (!command) {
    for (const { usage, summary } of LAB_COMMANDS) process.stderr.write(`lab ${usage}\n    ${summary}\n`);
    process.exit(EXIT.usage);
  }
  try {
    process.exitCode = await command.run(args, process);
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    process.stderr.write(`fairlead: ${error.message}\n  ${error.fix}\n`);
    process.exitCode = error.exit;
  }
}
