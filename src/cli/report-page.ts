import type { IncidentReport, ObjectReport, Report } from '../availability/report.ts';
import { incidentInWords, percent } from './incident.ts';

/** `fairlead report --html`: one page without anything from elsewhere, light or dark as the reader's system is. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (value: string): string => value.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);

/** Nothing is fetched and nothing runs, whatever a name may hold. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --line: #d5d9de; --dim: #5a6472; --good: #1a7f37; --bad: #c62828; --odd: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a414a; --dim: #9aa4b1; --good: #4ac26b; --bad: #ff7b72; --odd: #d4a72c; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p { color: var(--dim); margin-top: .3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.up { color: var(--good); } .down, .spent { color: var(--bad); } .planned, .unobserved { color: var(--odd); }
small { color: var(--dim); font-weight: 400; display: block; }
`;

/** A heading and the text of its column; numbers stand at the right. */
interface Column {
  readonly head: string;
  readonly number?: true;
  readonly cell: (object: ObjectReport) => string;
}

const cell = (tag: string, html: string, name = ''): string =>
  `<${tag}${name === '' ? '' : ` class="${name}"`}>${html}</${tag}>`;

function table(columns: readonly Column[], objects: readonly ObjectReport[]): string {
  const heads = columns.map(({ head, number }) => cell('th', escaped(head), number ? 'number' : ''));
  const rows = objects.map((object) => {
    const cells = columns.map(({ number, cell: html }, index) =>
      cell(index === 0 ? 'th' : 'td', html(object), number ? 'number' : ''),
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${heads.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}

const windowColumns = (span: (seconds: number | null) => string): readonly Column[] => [
  { head: 'a day', number: true, cell: ({ windows }) => escaped(percent(windows.day)) },
  { head: '30 days', number: true, cell: ({ windows }) => escaped(percent(windows['30d'])) },
  { head: 'a year', number: true, cell: ({ windows }) => escaped(percent(windows.year)) },
  { head: 'incidents', number: true, cell: ({ windows }) => String(windows.year.incidents) },
  { head: 'MTBF', number: true, cell: ({ windows }) => escaped(span(windows.year.mtbfSeconds)) },
  { head: 'MTTR', number: true, cell: ({ windows }) => escaped(span(windows.year.mttrSeconds)) },
];

const NOW: Column = { head: 'now', cell: ({ condition }) => cell('span', escaped(condition), condition) };

const BUDGET: Column = {
  head: 'budget of 30 days',
  cell({ windows }) {
    const { budget } = windows['30d'];
    if (budget === null) return '-';
    return cell('span', escaped(budget.text), budget.usedMinutes > budget.allowedMinutes ? 'spent' : '');
  },
};

const TITLES: Readonly<Record<string, string>> = { service: 'Services', server: 'Servers', address: 'Addresses' };

function section(kind: string, objects: readonly ObjectReport[], span: (seconds: number | null) => string): string {
  const name: Column = {
    head: kind,
    cell: (object) => `${escaped(object.name)}${object.why === '' ? '' : `<small>${escaped(object.why)}</small>`}`,
  };
  const columns = [name, NOW, ...windowColumns(span), ...(kind === 'service' ? [BUDGET] : [])];
  return `<h2>${TITLES[kind] ?? escaped(kind)}</h2>\n${table(columns, objects)}`;
}

const incident = ({ kind, name }: ObjectReport, one: IncidentReport): string =>
  `<tr>${cell('th', `${escaped(kind)} ${escaped(name)}`)}${cell('td', escaped(incidentInWords(one)), one.end === null ? 'down' : '')}</tr>`;

/** `span` writes seconds for people. */
export function renderPage(
  { at, objects }: Report,
  director: string,
  span: (seconds: number | null) => string,
): string {
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  const sections = kinds.map((kind) =>
    section(
      kind,
      objects.filter((object) => object.kind === kind),
      span,
    ),
  );
  const incidents = objects.flatMap((object) => object.incidents.map((one) => incident(object, one)));
  const list =
    incidents.length === 0
      ? '<p>None.</p>'
      : `<div class="wide"><table><tbody>\n${incidents.join('\n')}\n</tbody></table></div>`;
  const name = escaped(director);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Availability: ${name}</title>
<style>${STYLE}</style>
</head><body>
<h1>Availability as ${name} saw it</h1>
<p>At ${escaped(at)}. Time that is planned or that nobody observed counts neither way.</p>
${sections.join('\n') || '<p>Nothing was observed yet.</p>'}
<h2>Incidents</h2>
${list}
</body></html>
`;
}
