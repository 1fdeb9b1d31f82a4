import { fetchText } from '../../api/client.ts';
import { EXIT } from '../../base/errors.ts';
import { type Command, SOCKET_OPTION, text } from '../command.ts';

export const command: Command = {
  usage: 'metrics',
  summary: 'print the metrics of a running daemon, as Prometheus reads them from /metrics',
  options: [SOCKET_OPTION, { flags: '--openmetrics', summary: 'in the form of OpenMetrics 1.0' }],
  examples: [
    "fairlead metrics | grep '^fairlead_instance_state'",
    'fairlead metrics > /var/lib/prometheus/node-exporter/fairlead.prom   # for the textfile collector',
  ],
  async run(_rest, options, io) {
    const accept = options.openmetrics ? 'application/openmetrics-text; version=1.0.0' : 'text/plain';
    io.out(await fetchText(text(options.socket), '/metrics', accept));
    return EXIT.done;
  },
};
