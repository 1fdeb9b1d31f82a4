import { type Family, labelsOf } from './family.ts';
import { OWN } from './table.ts';

/** A Grafana dashboard with a panel for each of our families, in the order of the table. */

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 7;

export function dashboard(): Record<string, unknown> {
  const panels: Record<string, unknown>[] = [];
  let y = 0;
  for (const [title, families] of Object.entries(OWN)) {
    const id = () => panels.length + 1;
    panels.push({ id: id(), type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] });
    y++;
    for (const [at, family] of families.entries()) {
      const x = (at % COLUMNS) * WIDTH;
      const row = y + Math.floor(at / COLUMNS) * HEIGHT;
      panels.push({ id: id(), ...panel(family), gridPos: { x, y: row, w: WIDTH, h: HEIGHT } });
    }
    y += Math.ceil(families.length / COLUMNS) * HEIGHT;
  }
  return {
    uid: 'fairlead',
    title: 'Fairlead',
    tags: ['fairlead', 'ipvs', 'vrrp'],
    schemaVersion: 38,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'director',
          type: 'query',
          datasource: SOURCE,
          query: { query: 'label_values(fairlead_up, instance)', refId: 'director' },
          includeAll: true,
          multi: true,
          allValue: '.+',
          current: { text: 'All', value: '$__all' },
          refresh: 2,
        },
      ],
    },
    panels,
  };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
const SOURCE = { type: 'prometheus', uid: '${source}' };
/** Which of the scraped directors. */
const CHOSEN = 'instance=~"$director"';

function panel(family: Family): Record<string, unknown> {
  const { name, help, type } = family;
  // Prometheus calls the scraped address `instance`, and gives our own label of that name another one.
  const labels = labelsOf(family).map((label) => (label === 'instance' ? 'exported_instance' : label));
  const legend = labels
    .filter((label) => label !== 'le')
    .map((label) => `{{${label}}}`)
    .join(' ');
  const target = {
    refId: 'A',
    datasource: SOURCE,
    expr: query(family, labels),
    legendFormat: legend || '{{instance}}',
  };
  const common = { title: title(name), description: help, datasource: SOURCE };
  if (type === 'info') return { ...common, type: 'table', targets: [{ ...target, format: 'table', instant: true }] };
  const defaults = { unit: unitOf(family), custom: { fillOpacity: 5, showPoints: 'never' } };
  if (family.states !== undefined)
    return { ...common, type: 'state-timeline', targets: [target], fieldConfig: { defaults: {}, overrides: [] } };
  return { ...common, type: 'timeseries', targets: [target], fieldConfig: { defaults, overrides: [] } };
}

export function query(family: Family, labels: readonly string[]): string {
  const { name, type } = family;
  const by = ['instance', ...labels].join(', ');
  if (type === 'histogram')
    return `histogram_quantile(0.99, sum by (${by}) (rate(${name}_bucket{${CHOSEN}}[$__rate_interval])))`;
  if (type === 'counter') return `sum by (${by}) (rate(${name}{${CHOSEN}}[$__rate_interval]))`;
  if (family.states !== undefined) return `${name}{${CHOSEN}} == 1`;
  return name.endsWith('timestamp_seconds') || name.endsWith('start_time_seconds')
    ? `${name}{${CHOSEN}} * 1000`
    : `${name}{${CHOSEN}}`;
}

const title = (name: string): string => {
  const words = name
    .replace(/^fairlead_/, '')
    .replace(/_(total|info|seconds|bytes)$/, '')
    .replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function unitOf({ name, type }: Family): string {
  if (name.endsWith('timestamp_seconds') || name.endsWith('start_time_seconds')) return 'dateTimeFromNow';
  if (name.endsWith('_bytes_total')) return 'Bps';
  if (name.endsWith('_packets_total')) return 'pps';
  if (type === 'counter') return name.includes('seconds') ? 'percentunit' : 'cps';
  if (name.endsWith('_seconds')) return 's';
  if (name.endsWith('_ratio')) return 'percentunit';
  return name.endsWith('_bytes') ? 'bytes' : 'short';
}
