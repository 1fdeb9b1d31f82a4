/** What other exporters' dashboards ask Prometheus for. */

const rate = (name: string): string => `irate(keepalived_${name}{node_name="$node"}[1m])`;
const now = (name: string): string => `keepalived_${name}{node_name="$node"}`;

/** The panels of the dashboard that mehdy/keepalived-exporter publishes (uid sU0p91qWk), in their order. Its variable `$node`
 *  has the values of `node_name` of `keepalived_up`. */
export const MEHDY_PANELS: readonly string[] = [
  ...['up', 'script_status', 'check_script_status', 'script_state', 'vrrp_state'].map(now),
  ...['release_master', 'become_master', 'advert_rcvd', 'advert_sent', 'pri_zero_rcvd', 'pri_zero_sent'].map(rate),
  ...['packet_len_err', 'advert_interval_err', 'ip_ttl_err', 'addr_list_err', 'invalid_type_rcvd', 'garp_delay'].map(
    rate,
  ),
  ...['invalid_authtype', 'authtype_mismatch', 'auth_failure'].map(rate),
];

/** What the later releases of that exporter call the same, for dashboards that people made since. */
export const MEHDY_LATER: readonly string[] = [
  ...['advertisements_received', 'advertisements_sent', 'become_master', 'release_master', 'packet_length_errors'],
  ...['advertisements_interval_errors', 'ip_ttl_errors', 'invalid_type_received', 'address_list_errors'],
  ...['authentication_invalid', 'authentication_mismatch', 'authentication_failure', 'priority_zero_received'],
  ...['priority_zero_sent', 'gratuitous_arp_delay'],
]
  .map((name) => rate(`${name}_total`))
  .concat(['exporter_check_script_status', 'vrrp_excluded_state', 'exporter_build_info'].map(now));

const traffic = ['in_packets', 'out_packets', 'in_bytes', 'out_bytes', 'conn'];

/** The metrics of gen2brain/keepalived_exporter, which publishes no dashboard. */
export const GEN2BRAIN: readonly string[] = [
  now('up'),
  ...['advert_rcvd', 'advert_sent', 'become_master', 'release_master', 'packet_len_err', 'advert_interval_err']
    .concat(['ip_ttl_err', 'invalid_type_rcvd', 'addr_list_err', 'invalid_authtype', 'authtype_mismatch'])
    .concat(['auth_failure', 'pri_zero_rcvd', 'pri_zero_sent'])
    .map((name) => rate(`vrrp_${name}`)),
  ...traffic.flatMap((name) => [rate(`lvs_vip_${name}`), rate(`lvs_rs_${name}`)]),
];
