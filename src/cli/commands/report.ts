import { call } from '../../api/client.ts';
import type { ObjectReport, Report } from '../../availability/report.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';
import { incidentInWords, percent } from '../incident.ts';
import { ago, heads, type Style, styleOf, table } from '../style.ts';

export const command: Command = {
  usage: 'report',
  summary: 'availability of services, servers and addresses: time up and down, incidents, budgets',
  options: [...DAEMON_OPTIONS, JSON_OPTION, { flags: '--html', summary: 'print a page for a browser' }],
  examples: ['fairlead report', 'fairlead report --html > /tmp/report.html'],
  async run(_rest, options, io) {
    const report = (await call(daemonOf(options), 'getReport', {})) as unknown as Report;
    if (options.json) io.out(`${JSON.stringify(report)}\n`);
    else io.out(options.html ? renderPage(report) : `${renderText(report, styleOf(io))}\n`);
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

const escaped = (value: string): string =>
  value.replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? one);
const row = (tag: 'th' | 'td', values: readonly string[]): string =>
  `<tr>${values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')}</tr>`;

/** One page without anything from elsewhere. */
export function renderPage({ at, objects }: Report): string {
  const incidents = objects.flatMap(({ kind, name, incidents: list }) =>
    list.map((one) => `<li>${escaped(`${kind} ${name}: ${incidentInWords(one)}`)}</li>`),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Availability</title>
<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left}</style>
</head><body>
<h1>Availability</h1><p>As of ${escaped(at)}. Time that is planned or that nobody observed counts neither way.</p>
<table>${row('th', HEAD)}
${objects.map((object) => row('td', cells(object))).join('\n')}
</table>
<h2>Incidents</h2><ul>
${incidents.join('\n')}
</ul></body></html>
`;
}
