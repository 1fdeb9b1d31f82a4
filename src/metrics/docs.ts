import { COMPAT, type Compat } from '../model/metrics.ts';
import { type Family, labelsOf } from './family.ts';
import { COMPAT_FAMILIES, OWN } from './table.ts';

/** docs/metrics.md, from the tables. */

const INTRODUCTION = `# Metrics

\`GET /metrics\` on the daemon's socket, or \`fairlead metrics\`. The text is Prometheus' form 0.0.4, or OpenMetrics 1.0 for who
asks for it in \`Accept\`. Everything is read from the daemon's own state and from the kernel when it is asked for; the kernel
renews its counters every 2 s. Seconds and bytes throughout, counters end in \`_total\`. A state is one series for each word it
can be, 1 for the one it is.

\`\`\`yaml
# prometheus.yml, for a director with \`api.listen\` (api.md); the token: fairlead token new --role viewer --name prometheus
scrape_configs:
  - job_name: fairlead
    scheme: https
    authorization: { credentials_file: /etc/prometheus/fairlead.token }
    tls_config: { ca_file: /etc/prometheus/fairlead-ca.pem }
    static_configs:
      - { targets: ["lb1:8443"], labels: { node_name: lb1 } } # mehdy's dashboard selects by node_name
      - { targets: ["lb2:8443"], labels: { node_name: lb2 } }
\`\`\`

A director without \`api.listen\` is scraped through something that leads to its socket:

\`\`\`sh
socat TCP-LISTEN:9112,bind=10.0.0.1,fork UNIX-CONNECT:/run/fairlead/fairlead.sock
\`\`\`

Prometheus itself calls the scraped address \`instance\` and renames our label of that name to \`exported_instance\`; the alerts
and the dashboard go by that.

Alerts to copy: [examples/prometheus](../examples/prometheus); a Grafana dashboard: [examples/grafana](../examples/grafana).

OpenTelemetry: Fairlead has no exporter of its own. The Collector's \`prometheus\` receiver scrapes \`/metrics\` as Prometheus does,
and sends it wherever OTLP goes.

\`metrics.compat\` gives the same numbers the names that other exporters gave them, so that dashboards and alerts which exist go
on working: ${Object.entries(COMPAT)
  .map(([name, what]) => `\`${name}\` (${what})`)
  .join(', ')}.`;

const NOTES: Readonly<Record<Compat, string>> = {
  node_exporter:
    'As the collector `ipvs` tells it; SCTP has series of its own here, where node_exporter 1.5 counts its destinations to the service before them. A scrape of both gives every series twice, told apart by `job` or `instance` alone.',
  mehdy:
    'States are 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT. `keepalived_exporter_check_script_status` is 1 while the instance has no fault, `keepalived_script_state` is always 0 (idle), and `keepalived_gratuitous_arp_delay_total` is no counter there either. Names without `_total` are those of its first releases, which the dashboard that it publishes still asks for; that selects by a label `node_name`, which the scrape configuration gives.',
  gen2brain: 'Services by firewall mark have no address and are left out.',
};

export function renderMetricsReference(): string {
  const own = Object.entries(OWN).map(([title, families]) => `## ${title}\n\n${table(families)}`);
  const compat = (Object.keys(COMPAT) as Compat[]).map(
    (name) => `## \`metrics.compat: [${name}]\`\n\n${NOTES[name]}\n\n${table(COMPAT_FAMILIES[name])}`,
  );
  return `${[INTRODUCTION, ...own, ...compat].join('\n\n')}\n`;
}

function table(families: readonly Family[]): string {
  const rows = families.map((family) => {
    const labels = labelsOf(family)
      .filter((label) => label !== 'le')
      .map((label) => `\`${label}\``)
      .join(', ');
    const words = family.states ? ` (${family.states.words.join(', ')})` : '';
    return `| \`${family.name}\` | ${family.type} | ${labels}${words} | ${family.help.replaceAll('|', '\\|')} |`;
  });
  return ['| Name | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}
