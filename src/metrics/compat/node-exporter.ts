import type { Counters, ObservedDestination, ObservedService } from '../../model/observed.ts';
import { type Family, families, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';

/** What node_exporter's ipvs collector says, read the same way: totals from /proc/net/ip_vs_stats, the rest per destination. */

const TOTALS: Subject<Counters> = {
  labels: [],
  items: ({ totals }) => (totals === null ? [] : [{ labels: '', of: totals }]),
};

const BACKEND: Subject<ObservedDestination> = {
  labels: ['local_address', 'local_port', 'remote_address', 'remote_port', 'proto', 'local_mark'],
  *items({ dump, labels }) {
    for (const { service, destinations } of dump?.services ?? []) {
      const local = localOf(service);
      const texts = labels.group(`node ${local.join(' ')}`);
      const [address, port, proto, mark] = local;
      for (const of of destinations) {
        const key = `${of.address} ${of.port}`;
        let text = texts.get(key);
        if (text === undefined) {
          text = labelText(BACKEND.labels, [address, port, of.address, of.port, proto, mark]);
          texts.set(key, text);
        }
        yield { labels: text, of };
      }
    }
  },
};

function localOf({ id }: ObservedService['service']): readonly [string, number, string, string] {
  if (id.kind === 'fwmark') return ['', 0, 'FWM', id.mark.toString(16).toUpperCase().padStart(8, '0')];
  return [id.address, id.port, id.protocol.toUpperCase(), ''];
}

export const NODE_EXPORTER: readonly Family[] = [
  ...families(TOTALS, [
    {
      name: 'node_ipvs_connections_total',
      type: 'counter',
      help: 'The total number of connections made.',
      value: ({ connections }) => connections,
    },
    {
      name: 'node_ipvs_incoming_packets_total',
      type: 'counter',
      help: 'The total number of incoming packets.',
      value: ({ inPackets }) => inPackets,
    },
    {
      name: 'node_ipvs_outgoing_packets_total',
      type: 'counter',
      help: 'The total number of outgoing packets.',
      value: ({ outPackets }) => outPackets,
    },
    {
      name: 'node_ipvs_incoming_bytes_total',
      type: 'counter',
      help: 'The total amount of incoming data.',
      value: ({ inBytes }) => inBytes,
    },
    {
      name: 'node_ipvs_outgoing_bytes_total',
      type: 'counter',
      help: 'The total amount of outgoing data.',
      value: ({ outBytes }) => outBytes,
    },
  ]),
  ...families(BACKEND, [
    {
      name: 'node_ipvs_backend_connections_active',
      type: 'gauge',
      help: 'The current active connections by local and remote address.',
      value: ({ activeConnections }) => activeConnections,
    },
    {
      name: 'node_ipvs_backend_connections_inactive',
      type: 'gauge',
      help: 'The current inactive connections by local and remote address.',
      value: ({ inactiveConnections }) => inactiveConnections,
    },
    {
      name: 'node_ipvs_backend_weight',
      type: 'gauge',
      help: 'The current backend weight by local and remote address.',
      value: ({ weight }) => weight,
    },
  ]),
];
