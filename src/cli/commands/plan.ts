import { call } from '../../api/client.ts';
import { judgementOf, NOTHING_TOLD } from '../../api/judgement.ts';
import type { JudgementStatus } from '../../api/operations.ts';
import { EXIT, FairleadError } from '../../base/errors.ts';
import { DEFAULT_FILE } from '../../base/paths.ts';
import { formatIssue } from '../../config/issue.ts';
import type { Config } from '../../config/schema.ts';
import { readKernel } from '../../daemon/apply.ts';
import { loadConfig } from '../../daemon/config-file.ts';
import { systemDisk } from '../../daemon/disk.ts';
import { peekOverrides } from '../../daemon/overrides-file.ts';
import { explained } from '../../daemon/preflight.ts';
import { StateFile } from '../../daemon/state-file.ts';
import { desire, needsIpvs } from '../../decide/desire.ts';
import { dryRun } from '../../decide/dry-run.ts';
import { fateInWords } from '../../decide/fate.ts';
import { openIpvs } from '../../kernel/ipvs.ts';
import { openNet } from '../../kernel/net.ts';
import { syncPort } from '../../kernel/sync.ts';
import { openSysctls } from '../../kernel/sysctl.ts';
import type { KernelDump } from '../../model/observed.ts';
import { type Override, type Overrides, settingOf } from '../../model/override.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { busily } from '../progress.ts';

export const command: Command = {
  usage: 'plan [file]',
  summary: 'show what a configuration would change in the kernel, and change nothing',
  options: [JSON_OPTION],
  examples: ['fairlead plan', 'fairlead plan fairlead.yaml', 'fairlead plan --json fairlead.yaml | jq -r .ops[].why'],
  async run([file = DEFAULT_FILE], options, io) {
    const loaded = busily(io, file, () => loadConfig(file));
    if (!loaded.ok) {
      for (const issue of loaded.error.issues) io.err(`${formatIssue(issue)}\n`);
      throw loaded.error.error;
    }
    const { config, warnings } = loaded.value;
    const judgement = await judgementFor(config);
    const overrides = overridesFrom(judgement);
    const desired = desire(config, overrides, 1);
    const withIpvs = needsIpvs(desired) || judgement.ownedServices.length + judgement.ownedDaemons.length > 0;
    // Routes and rules follow roles, which only a daemon knows.
    const dump = await kernelNow({ ipvs: withIpvs, routing: judgement.live });
    const { plan: change, fates } = dryRun(
      config,
      {
        overrides,
        judgement: judgementOf(judgement),
        policy: {
          owned: new Set(judgement.ownedServices),
          ownedAddresses: new Set(judgement.ownedAddresses),
          ownedDaemons: new Set(judgement.ownedDaemons),
        },
      },
      dump,
    );
    const assumption = judgement.live ? [] : ['no daemon answers: servers are taken to be healthy'];
    const notes = [...assumption, ...change.notes];
    if (options.json) {
      const clients = [...fates];
      io.out(`${JSON.stringify({ ops: change.ops, clients, notes, warnings })}\n`);
      return EXIT.done;
    }
    for (const warning of warnings) io.err(`${formatIssue(warning)}\n`);
    for (const note of notes) io.err(`note: ${note}\n`);
    for (const op of change.ops) io.out(`${op.kind.padEnd(18)} ${op.why}\n`);
    for (const fate of fates) io.out(`${fateInWords(fate)}\n`);
    io.out(change.ops.length === 0 ? 'nothing to change\n' : `${change.ops.length} changes\n`);
    return EXIT.done;
  },
};

/** What the daemon of this configuration knows; without one, what it left in its state file. */
async function judgementFor(config: Config): Promise<JudgementStatus & { live: boolean }> {
  try {
    return { ...(await call({ socket: config.director.socket }, 'getJudgement', {})), live: true };
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== 'daemon-unreachable') throw error;
    const owned = new StateFile(config.director.state).peek();
    const { rows } = peekOverrides(systemDisk, config.director.overrides);
    return {
      overrides: [...rows].map(([id, row]) => ({ id, ...row, orphan: false })),
      ...NOTHING_TOLD,
      ownedServices: [...owned.services],
      ownedAddresses: [...owned.addresses],
      ownedDaemons: [...owned.daemons],
      live: false,
    };
  }
}

const overridesFrom = ({ overrides }: JudgementStatus): Overrides => {
  const rows = overrides.flatMap(({ id, orphan: _, kind, value, ...row }): [string, Override][] => {
    const setting = settingOf(kind, value);
    return setting ? [[id, { ...row, ...setting }]] : [];
  });
  return { revision: 0, rows: new Map(rows) };
};

async function kernelNow(what: { readonly ipvs: boolean; readonly routing: boolean }): Promise<KernelDump> {
  return explained(async () => {
    const ipvs = openIpvs();
    const net = openNet();
    try {
      return await readKernel({ ipvs, net, sysctls: openSysctls(), sync: syncPort(ipvs) }, { stats: false, ...what });
    } finally {
      ipvs.close();
      net.close();
    }
  });
}
