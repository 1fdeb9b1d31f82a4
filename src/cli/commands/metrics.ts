import { fetchText } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'metrics',
  summary: 'print the metrics of a running daemon, as Prometheus reads them from /metrics',
  options: [...DAEMON_OPTIONS, JSON_OPTION, { flags: '--openmetrics', summary: 'in the form of OpenMetrics 1.0' }],
  examples: [
    "fairlead metrics | grep '^fairlead_instance_state'",
    'fairlead metrics > /var/lib/prometheus/node-exporter/fairlead.prom   # for the textfile collector',
    `fairlead metrics --json | jq '.[] | select(.name == "fairlead_up").value'`,
  ],
  async run(_rest, options, io) {
    if (options.json) {
      io.out(`${JSON.stringify(samplesOf(await fetchText(daemonOf(options), '/metrics', 'text/plain')))}\n`);
      return EXIT.done;
    }
    const accept = options.openmetrics ? 'application/openmetrics-text; version=1.0.0' : 'text/plain';
    io.out(await fetchText(daemonOf(options), '/metrics', accept));
    return EXIT.done;
  },
};

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As text, because counters outgrow a double. */
  readonly value: string;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of our own exposition. */
const samplesOf = (text: string): Sample[] =>
  text.split('\n').flatMap((line) => {
    const [, name, inside = '', value] = line.startsWith('#') ? [] : (LINE.exec(line) ?? []);
    if (name === undefined || value === undefined) return [];
    const labels = [...inside.matchAll(LABEL)].map(([, key = '', word = '']) => [key, unescaped(word)] as const);
    return [{ name, labels: Object.fromEntries(labels), value }];
  });

const unescaped = (word: string): string => word.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
