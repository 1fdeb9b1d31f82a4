import { fetchText } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { DAEMON_OPTIONS, daemonOf } from '../daemon.ts';

export const command: Command = {
  usage: 'metrics',
  summary: 'print the metrics of a running daemon, as Prometheus reads them from /metrics',
  options: [...DAEMON_OPTIONS, { flags: '--openmetrics', summary: 'in the form of OpenMetrics 1.0' }],
  examples: [
    "fairlead metrics | grep '^fairlead_instance_state'",
    'fairlead metrics > /var/lib/prometheus/node-exporter/fairlead.prom   # for the textfile collector',
  ],
  async run(_rest, options, io) {
    const accept = options.openmetrics ? 'application/openmetrics-text; version=1.0.0' : 'text/plain';
    io.out(await fetchText(daemonOf(options), '/metrics', accept));
    return EXIT.done;
  },
};
