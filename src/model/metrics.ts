/** Names that other exporters gave, which Fairlead can use as well: `metrics.compat`. */
export const COMPAT = {
  node_exporter: 'node_ipvs_* of node_exporter',
  mehdy: 'keepalived_* of mehdy/keepalived-exporter',
  gen2brain: 'keepalived_* of gen2brain/keepalived_exporter',
} as const;
export type Compat = keyof typeof COMPAT;
