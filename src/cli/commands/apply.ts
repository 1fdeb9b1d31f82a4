import { readFileSync, realpathSync } from 'node:fs';
import { type CallOptions, type Client, type ConfigStatus, connect, type PlanStatus } from '../../api/client.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { formatIssue } from '../../config/issue.ts';
import { loadConfig } from '../../daemon/config-file.ts';
import { fateInWords } from '../../decide/fate.ts';
import { changeOf } from '../changing.ts';
import { type Command, type Io, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { busily, patiently } from '../progress.ts';

export const command: Command = {
  usage: 'apply [file]',
  summary:
    'put a configuration into effect: show what would change, ask, then have the daemon take it. Its own file (where none is named) is reloaded; another one replaces that, where `director.writable` permits it',
  options: [
    ...DAEMON_OPTIONS,
    JSON_OPTION,
    { flags: '--yes', summary: 'do not ask' },
    {
      flags: '--if-revision <number>',
      summary: 'only if the configuration that runs is still at that revision; exit code 7 otherwise',
    },
  ],
  examples: [
    'fairlead apply',
    'fairlead apply new.yaml',
    'fairlead apply new.yaml --yes --host https://lb1:8443 --token-file ci.token',
  ],
  async run([file], options, io) {
    const where = daemonOf(options);
    if (file === undefined && where.host !== undefined)
      throw failure('usage', { detail: 'expected a file: the own one of a daemon elsewhere cannot be read here' });
    const client = connect(where);
    const present = await client.getConfig();
    const own = file === undefined || (where.host === undefined && samePlace(file, present.file));
    if (!own && !present.writable) throw failure('config-fixed', { file: present.file });
    const text = textOf(file ?? present.file, io);
    const given = changeOf(options);
    const change = given.ifRevision === undefined ? { ifRevision: present.revision } : given;
    const plan = await patiently(io, 'planning', client.planConfig({ body: text }, change));
    if (!options.json) show(plan, io);
    if (plan.restart.length > 0)
      throw failure('config-refused', { reasons: `${plan.restart.join(', ')} only change with a restart` });
    if (!options.yes && !(await agreed(plan, io))) {
      io.err('nothing was changed\n');
      return EXIT.failed;
    }
    const outcome = await patiently(io, 'applying', take(client, own, text, change));
    if (options.json) io.out(`${JSON.stringify({ ...outcome, plan })}\n`);
    else if (outcome.accepted) io.out(`applied: ${outcome.text}\n${outcome.notes.map((note) => `${note}\n`).join('')}`);
    else io.err(`refused, nothing changed: ${outcome.text}\n`);
    return outcome.accepted ? EXIT.done : EXIT.usage;
  },
};

const take = (client: Client, own: boolean, body: string, change: CallOptions) =>
  own ? client.reloadConfig() : client.replaceConfig({ body }, change);

function samePlace(file: string, other: ConfigStatus['file']): boolean {
  try {
    return realpathSync(file) === realpathSync(other);
  } catch {
    return false;
  }
}

/** The text of a file without a mistake; those that there are are told first. */
function textOf(file: string, io: Io): string {
  const loaded = busily(io, file, () => loadConfig(file));
  if (loaded.ok) return readFileSync(file, 'utf8');
  for (const issue of loaded.error.issues) io.err(`${formatIssue(issue)}\n`);
  throw loaded.error.error;
}

async function agreed({ ops }: PlanStatus, { confirm }: Io): Promise<boolean> {
  if (confirm === undefined)
    throw failure('usage', { detail: 'nobody can be asked here: --yes applies without a question' });
  return confirm(ops.length === 0 ? 'Take it, though the kernel stays as it is?' : `Apply ${changes(ops.length)}?`);
}

const changes = (count: number): string => `${count} change${count === 1 ? '' : 's'}`;

function show({ ops, clients, notes, warnings, live, restart }: PlanStatus, io: Io): void {
  for (const warning of warnings) io.err(`line ${warning.line}:${warning.column}: ${warning.message}\n`);
  for (const note of notes) io.err(`note: ${note}\n`);
  for (const { kind, why } of ops) io.out(`${kind.padEnd(18)} ${why}\n`);
  for (const fate of clients) io.out(`${fateInWords(fate)}\n`);
  for (const setting of live) io.out(`setting            ${setting}\n`);
  for (const setting of restart) io.out(`needs a restart    ${setting}\n`);
  io.out(ops.length === 0 ? 'nothing to change in the kernel\n' : `${changes(ops.length)}\n`);
}
