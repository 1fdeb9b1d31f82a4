import { open } from 'node:fs/promises';
import { bad, type CheckRunner, good } from './kind.ts';
import { readReport, reported } from './report.ts';

const LONGEST = 256;
const MAX_WEIGHT = 2_147_483_647;

/** The first line of a file, as a report or as a weight. */
export const probeFile: CheckRunner<'file'> = async (_target, { path }) => {
  const line = await firstLine(path);
  const said = `${path} says ${JSON.stringify(line)}`;
  if (/^-?\d+$/.test(line)) {
    const value = Number(line);
    if (value < 0 || value > MAX_WEIGHT) throw bad('match', 'down', said);
    return { ...good('match', 'weight', said), weight: { absolute: value } };
  }
  const report = readReport(line);
  if (line === '' || report.unknown.length > 0)
    throw bad('match', 'unreadable', line === '' ? `${path} is empty` : said);
  const finding = { phase: 'match', evidence: said, ...reported(report) } as const;
  return report.up === false ? { ok: false, outcome: 'down', ...finding } : { ok: true, outcome: 'up', ...finding };
};

async function firstLine(path: string): Promise<string> {
  try {
    await using handle = await open(path, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    return (buffer.subarray(0, bytesRead).toString('latin1').split('\n', 1)[0] ?? '').trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw bad('connect', code === 'ENOENT' ? 'missing' : 'unreadable', `${path} cannot be read: ${code}`);
  }
}
