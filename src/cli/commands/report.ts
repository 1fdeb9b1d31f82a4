import { call } from '../../api/client.ts';
import type { ObjectReport, Report } from '../../availability/report.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { incidentInWords, percent } from '../incident.ts';
import { allOf } from '../pages.ts';
import { renderPage } from '../report-page.ts';
import { ago, heads, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'report',
  summary: 'availability of services, servers and addresses: time up and down, incidents, budgets',
  options: [...DAEMON_OPTIONS, JSON_OPTION, { flags: '--html', summary: 'print a page for a browser' }],
  examples: ['fairlead report', 'fairlead report --html > /tmp/report.html'],
  async run(_rest, options, io) {
    const where = daemonOf(options);
    let at = '';
    const objects = await allOf(async (cursor) => {
      const page = await call(where, 'getReport', { limit: 1000, ...(cursor && { cursor }) });
      at = page.at;
      return { items: page.objects, next: page.next };
    });
    const report: Report = { at, objects };
    if (options.json) io.out(`${JSON.stringify(report)}\n`);
    else if (options.html) io.out(renderPage(report, (await call(where, 'getDirector', {})).name, span));
    else io.out(`${renderText(report, styleOf(io))}\n`);
    return EXIT.done;
  },
};

const HEAD = ['', 'now', 'a day', '30 days', 'a year', 'incidents', 'MTBF', 'MTTR', 'budget of 30 days'];

const span = (seconds: number | null): string => (seconds === null ? '-' : ago(seconds * 1000));

const cells = ({ kind, name, condition, windows: { day, '30d': month, year } }: ObjectReport): string[] => [
  `${kind} ${name}`,
  condition,
  ...[day, month, year].map(percent),
  String(year.incidents),
  span(year.mtbfSeconds),
  span(year.mttrSeconds),
  month.budget?.text ?? '-',
];

export function renderText({ objects }: Report, style: Style): string {
  const rows = objects.map(cells);
  const lines = [table([heads(...HEAD), ...rows], style)];
  for (const { kind, name, incidents } of objects) {
    for (const one of incidents.slice(0, 5)) lines.push(`${kind} ${name}: ${incidentInWords(one)}`);
  }
  return lines.join('\n');
}
