import { type CheckStatus, connect } from '../../api/client.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { allOf } from '../pages.ts';
import { WATCH_OPTION, watched } from '../repeat.ts';
import { ago, type Cell, heads, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'checks [service]',
  summary: 'list health checks: what is asked and when again, what was found last, and which servers go by it',
  options: [
    ...DAEMON_OPTIONS,
    JSON_OPTION,
    WATCH_OPTION,
    { flags: '--failing', summary: 'only those whose last result was bad' },
  ],
  examples: [
    'fairlead checks web',
    'fairlead checks --failing --watch',
    "fairlead checks --json | jq -r '.[] | select(.users | length > 1).target'",
  ],
  async run([service], options, io) {
    const client = connect(daemonOf(options));
    return watched(options, io, async () => {
      const all = await allOf(async (cursor) => {
        const page = await client.listChecks({
          ...(service !== undefined && { service }),
          limit: 1000,
          ...(cursor && { cursor }),
        });
        return { items: page.checks, next: page.next };
      });
      const checks = options.failing ? all.filter(({ last }) => last?.ok === false) : all;
      return options.json ? JSON.stringify(checks) : renderChecks(checks, styleOf(io));
    });
  },
};

const HEADS = heads('server', 'check', 'target', 'every', 'state', 'next', 'took', 'shared', 'last');

const renderChecks = (checks: readonly CheckStatus[], style: Style): string =>
  checks.length === 0 ? 'no checks' : table([HEADS, ...checks.map(cells)], style);

const TONES = { up: 'green', down: 'red', unknown: 'yellow' } as const;

function cells(check: CheckStatus): (string | Cell)[] {
  const { status, last, users } = check;
  const key = `${check.service}/${check.server}`;
  const others = users.filter((user) => user !== key);
  return [
    key,
    check.kind,
    check.target || '-',
    ago(check.everyMs),
    { text: status, tone: TONES[status] },
    check.nextInMs === null ? 'paused' : ago(check.nextInMs),
    last === null ? '-' : `${last.durationMs.toFixed(1)} ms`,
    // The first of them by name, because a reader looks for a service.
    others.length === 0 ? '-' : `${others[0]}${others.length > 1 ? ` +${others.length - 1}` : ''}`,
    last === null
      ? check.why
      : { text: `${ago(last.agoMs)} ago: ${last.evidence}`, ...(!last.ok && { tone: 'red' as const }) },
  ];
}
