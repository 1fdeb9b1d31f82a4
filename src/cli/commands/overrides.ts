import { connect } from '../../api/client.ts';
import type { Override } from '../../api/operations.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { CHANGE_OPTIONS, changeOf } from '../changing.ts';
import type { Command } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { allOf } from '../pages.ts';
import { ago, heads, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'overrides [id...]',
  summary:
    'show what was set on top of the file (drains, maintenance, weights, pinned states), or take it back; kept across reloads, restarts and reboots',
  options: [
    ...CHANGE_OPTIONS,
    { flags: '--clear', summary: 'take back the overrides with these ids; with --all or --orphans those' },
    { flags: '--all', summary: 'with --clear: every override' },
    { flags: '--orphans', summary: 'only overrides whose target the file does not have' },
  ],
  examples: [
    'fairlead overrides',
    'fairlead overrides --clear drain:server/web/web1',
    'fairlead overrides --clear --orphans   # forget those of servers that left the file',
    'fairlead overrides --json | jq -r .overrides[].id',
  ],
  async run(ids, options, io) {
    const client = connect(daemonOf(options));
    const say = (answer: object, lines: string): number => {
      io.out(options.json ? `${JSON.stringify(answer)}\n` : lines);
      return EXIT.done;
    };
    const which = options.orphans ? { orphan: 'true' } : {};
    if (!options.clear) {
      const { revision, overrides: all } = await everything(client, which);
      const overrides = ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
      if (overrides.length === 0)
        return say({ revision, overrides }, `no overrides: everything is as the file says\n${told(revision)}`);
      return say({ revision, overrides }, `${overrideTable(overrides, Date.now(), styleOf(io))}\n${told(revision)}`);
    }
    if (ids.length === 0 && !options.all && !options.orphans)
      throw failure('usage', { detail: '--clear takes ids (see `fairlead overrides`), --orphans or --all' });
    if (ids.length === 0) {
      const answer = await client.clearOverrides(which, changeOf(options));
      return say(answer, cleared(answer.cleared));
    }
    const gone: Override[] = [];
    let revision = 0;
    let change = changeOf(options);
    for (const override of ids) {
      const answer = await client.clearOverride({ override }, change);
      // The next one is made of what this one left.
      if (change.ifRevision !== undefined) change = { ifRevision: answer.revision };
      gone.push(...answer.cleared);
      revision = answer.revision;
    }
    return say({ revision, cleared: gone }, cleared(gone));
  },
};

async function everything(client: ReturnType<typeof connect>, which: { orphan?: string }) {
  let revision = 0;
  const overrides = await allOf(async (cursor) => {
    const page = await client.listOverrides({ ...which, limit: 1000, ...(cursor && { cursor }) });
    revision = page.revision;
    return { items: page.overrides, next: page.next };
  });
  return { revision, overrides };
}

const told = (revision: number): string => `revision ${revision}\n`;

/** `drain:server/web/r1`, its value, since when, by whom and why. */
export const overrideTable = (overrides: readonly Override[], now: number, style: Style): string =>
  table([HEADS, ...overrides.map((row) => [`  ${row.id}`, ...circumstances(row, now)])], style);

const HEADS = heads('  override', 'value', 'for', 'by', 'why');

function circumstances({ value, sinceMs, untilMs, by, reason, orphan }: Override, now: number): string[] {
  const left = untilMs === null ? '' : ` (${ago(Math.max(0, untilMs - now))} left)`;
  const idle = orphan ? 'without target: the file has none of that name' : '';
  return [
    String(value ?? '-'),
    `${ago(Math.max(0, now - sinceMs))}${left}`,
    by,
    [reason, idle].filter(Boolean).join('; '),
  ];
}

const cleared = (overrides: readonly Override[]): string =>
  overrides.length === 0 ? 'nothing to clear\n' : overrides.map(({ id }) => `${id} is cleared\n`).join('');
