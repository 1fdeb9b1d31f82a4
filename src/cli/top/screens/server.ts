import type { ListenerStatus } from '../../../api/operations.ts';
import { incidentInWords, percent } from '../../incident.ts';
import { serverRows, serverState } from '../../rows.ts';
import type { Cell } from '../../style.ts';
import { ago, table } from '../../style.ts';
import { documentOf, type Request } from '../listing.ts';
import { rateText, sumOf } from '../numbers.ts';
import type { Detail, Look, Subject } from '../state.ts';
import { lineOf } from './document.ts';
import { eventCells } from './events.ts';

/** Why a server is as it is, and what became of it so far. */
export const server = documentOf(([service, name]) => `${service}/${name}`, lines, {
  server: (_key, [service = '', name = '']) => ({ service, server: name }),
});

function lines({ look, view: { subject }, columns }: Request): Cell[] {
  const [service = '', name = ''] = subject;
  const found = look.status.services.find((each) => each.name === service);
  const status = found?.servers.find((each) => each.name === name);
  if (!found || !status) return lineOf(`${service}/${name} is no longer in the file`, columns);
  const { detail } = look;
  const mine = detail?.service === service && detail.server === name ? detail : null;
  const state = serverState(status);
  const { active = 0, inactive = 0 } = serverRows(found).find((row) => row.server === status) ?? {};
  const blocks: readonly (readonly Cell[])[] = [
    [
      ...lineOf(
        `${service}/${name} (${status.address}) is ${state.text}${status.forMs === null ? '' : ` for ${ago(status.forMs)}`}`,
        columns,
        state.tone,
      ),
      ...lineOf(`  ${status.why}`, columns),
      ...lineOf(`  ${active} connections open, ${inactive} ending`, columns),
    ],
    kernelLines(found.listeners, name, look.rates, columns),
    [...checkLines(mine, columns), ...availabilityLines(mine, columns)],
    changeLines(mine, columns),
    eventLines(look, { service, server: name }, columns),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : [{ text: '' }, ...block]));
}

function kernelLines(
  listeners: readonly ListenerStatus[],
  name: string,
  rates: Look['rates'],
  columns: number,
): Cell[] {
  const rows = listeners.flatMap(({ key, destinations }) =>
    destinations
      .filter((each) => each.server === name)
      .map((each) => {
        const measured = sumOf([`${key} ${each.key}`], rates);
        return [
          `  ${key}`,
          each.key,
          each.forward,
          String(each.weight),
          rateText(measured?.connections),
          rateText(measured?.inBytes),
          rateText(measured?.outBytes),
          each.connections,
        ];
      }),
  );
  if (rows.length === 0) return lineOf('not in the table of the kernel', columns, 'yellow');
  const head = ['  listener', 'destination', 'forward', 'weight', 'conn/s', 'in B/s', 'out B/s', 'total'];
  return table([head, ...rows])
    .split('\n')
    .flatMap((line, index) => lineOf(line, columns, index === 0 ? 'dim' : undefined));
}

function checkLines(detail: Detail | null, columns: number): Cell[] {
  const check = detail?.check;
  if (!check) return [];
  const { kind, everyMs, timeoutMs, rise, fall, last } = check;
  return [
    ...lineOf(
      `check: ${kind} every ${everyMs} ms within ${timeoutMs} ms, up after ${rise}, down after ${fall}`,
      columns,
    ),
    ...(last
      ? lineOf(
          `  ${ago(last.agoMs)} ago, in ${last.durationMs.toFixed(1)} ms: ${last.evidence}`,
          columns,
          last.ok ? undefined : 'red',
        )
      : []),
  ];
}

function availabilityLines(detail: Detail | null, columns: number): Cell[] {
  const report = detail?.availability;
  if (!report) return [];
  const { day, '30d': month, year } = report.windows;
  return [
    ...lineOf(
      `availability: ${percent(day)} of a day, ${percent(month)} of 30 days, ${percent(year)} of a year`,
      columns,
    ),
    ...report.incidents.flatMap((incident) => lineOf(`  ${incidentInWords(incident)}`, columns)),
  ];
}

function changeLines(detail: Detail | null, columns: number): Cell[] {
  const changes = detail?.changes ?? [];
  if (changes.length === 0) return [];
  return [
    { text: 'it became', tone: 'dim' },
    ...changes.flatMap(({ atMs, state, why }) =>
      lineOf(`  ${new Date(atMs).toISOString().slice(0, 19)}  ${state.padEnd(7)}  ${why}`, columns),
    ),
  ];
}

/** What was told of it, the latest first. */
function eventLines({ events }: Look, { service, server: name }: Subject, columns: number): Cell[] {
  const key = `${service}/${name}`;
  const mine = events.filter(
    ({ text }) => mentions(text, key) || (text.startsWith(`${service}: `) && mentions(text, name)),
  );
  if (mine.length === 0) return [];
  return [
    { text: 'events', tone: 'dim' },
    ...mine.toReversed().flatMap((event) =>
      lineOf(
        `  ${eventCells(event)
          .map(({ text }) => text)
          .join('  ')}`,
        columns,
      ),
    ),
  ];
}

/** Whether a name stands in a text as a word of its own: `web1` not in `web12`. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + name.length] ?? ' '}`;
    if (!/[\w.-]/.test(around)) return true;
  }
  return false;
}
