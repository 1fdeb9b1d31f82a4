import { existsSync } from 'node:fs';
import { EXIT } from '../../base/errors.ts';
import { DEFAULT_FILE } from '../../base/paths.ts';
import type { Config } from '../../config/schema.ts';
import { loadConfig } from '../../daemon/config-file.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { type Diagnosis, diagnose } from '../doctor/check.ts';
import { doctorChecks } from '../doctor/index.ts';
import { thisMachine } from '../doctor/machine.ts';
import { painter } from '../style.ts';

export const command: Command = {
  usage: 'doctor [file]',
  summary: 'look for what on this machine keeps Fairlead from working, each with its fix; 0 when nothing is found',
  options: [JSON_OPTION],
  examples: [
    'fairlead doctor /etc/fairlead/fairlead.yaml',
    "fairlead doctor --json | jq -r '.checks[].findings[].fix'",
  ],
  async run([named], options, io) {
    const file = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
    const read = file === null ? { config: null, first: [] } : readFile(file);
    const checks = [...read.first, ...(await diagnose(doctorChecks(file), thisMachine, read.config))];
    const count = checks.reduce((sum, { findings }) => sum + findings.length, 0);
    if (options.json) io.out(`${JSON.stringify({ file, findings: count, checks })}\n`);
    else io.out(renderDiagnoses(file, checks, painter(io.terminal)));
    return count === 0 ? EXIT.done : EXIT.failed;
  },
};

/** A file with mistakes is a finding, and the rest is looked at without it; one that cannot be read is a usage error. */
function readFile(file: string): { config: Config | null; first: Diagnosis[] } {
  const loaded = loadConfig(file);
  const row = { name: 'configuration', why: 'a file with mistakes is refused', unseen: null };
  if (loaded.ok) return { config: loaded.value.config, first: [{ ...row, findings: [] }] };
  const { error, issues } = loaded.error;
  if (issues.length === 0) throw error;
  return { config: null, first: [{ ...row, findings: [{ what: error.message, fix: `\`fairlead check ${file}\`` }] }] };
}

export function renderDiagnoses(
  file: string | null,
  checks: readonly Diagnosis[],
  paint: ReturnType<typeof painter>,
): string {
  const lines = checks.flatMap(({ name, why, findings, unseen }) => {
    if (unseen !== null) return [`${paint('dim', 'unseen')}  ${name}: ${unseen}`];
    if (findings.length === 0) return [`${paint('green', 'ok')}      ${name}`];
    return [
      `${paint('red', 'found')}   ${name} ${paint('dim', `(${why})`)}`,
      ...findings.flatMap(({ what, fix }) => [`          ${what}`, `          fix: ${fix}`]),
    ];
  });
  const count = checks.reduce((sum, { findings }) => sum + findings.length, 0);
  const unseen = checks.filter((check) => check.unseen !== null).length;
  const sum = [
    count === 0 ? 'nothing found' : `${count} found`,
    ...(unseen > 0 ? [`${unseen} not looked at`] : []),
    ...(file === null ? ['no file given, so what it asks for was not looked at'] : []),
  ];
  return `${[...lines, sum.join('; ')].join('\n')}\n`;
}
