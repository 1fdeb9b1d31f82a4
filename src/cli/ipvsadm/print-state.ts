import type { IpvsTimeouts, SyncDaemon } from '../../kernel/ipvs.ts';
import { daemonsJson, timeoutsJson } from './json.ts';
import type { ListFormat } from './request.ts';
import { addressText } from './words.ts';

/** Text of `-L --timeout`. */
export function printTimeouts(timeouts: IpvsTimeouts, format: Pick<ListFormat, 'json'>): string {
  if (format.json) return timeoutsJson(timeouts);
  return `Timeout (tcp tcpfin udp): ${timeouts.tcpS} ${timeouts.tcpFinS} ${timeouts.udpS}\n`;
}

/** Text of `-L --daemon`: nothing where none runs. */
export function printDaemons(daemons: readonly SyncDaemon[], format: Pick<ListFormat, 'json'>): string {
  if (format.json) return daemonsJson(daemons);
  return daemons.map(daemonLine).join('');
}

function daemonLine(daemon: SyncDaemon): string {
  const { state, interface: name, syncId, maxLength, group, port, ttl } = daemon;
  const options = [`mcast=${name}`, `syncid=${syncId}`];
  // A kernel before 4.3 tells no more.
  if (maxLength) options.push(`maxlen=${maxLength}`);
  if (group) options.push(`group=${addressText(group)}`);
  if (port) options.push(`port=${port}`);
  if (ttl) options.push(`ttl=${ttl}`);
  return `${state} sync daemon (${options.join(', ')})\n`;
}
