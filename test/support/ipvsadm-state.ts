import { readFileSync } from 'node:fs';
import { openIpvs } from '../../src/kernel/ipvs.ts';

/** Prints what the kernel holds as JSON, counters as text: the matching half of the golden files in
 *  test/golden/ipvsadm, captured in the lab in one go with what Debian's ipvsadm printed. */
const ipvs = openIpvs();
const state = {
  info: await ipvs.info(),
  services: await ipvs.dumpWithRates(),
  timeouts: await ipvs.timeouts(),
  daemons: await ipvs.daemons(),
  connections: readFileSync('/proc/net/ip_vs_conn', 'latin1').split('\n').slice(0, -1),
};
console.log(JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? String(value) : value), 1));
ipvs.close();
