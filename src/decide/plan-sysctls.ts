import type { Target } from '../model/desired.ts';
import type { KernelDump } from '../model/observed.ts';
import { sameSysctl } from '../model/sysctls.ts';
import { compareText } from './canonical.ts';
import type { StepList } from './order.ts';

/** Must come last: it looks at what the other parts planned. */
export function planSysctls(steps: StepList, notes: string[], target: Target, dump: KernelDump): void {
  const guarded = guardsMoves(steps, target, dump);
  for (const [name, value] of Object.entries(target.sysctls).sort((a, b) => compareText(a[0], b[0]))) {
    const present = dump.sysctls[name];
    if (present === undefined) {
      notes.push(`this kernel has no net.ipv4.vs.${name}; the setting is left out`);
    } else if (!guarded.has(name) && !sameSysctl(name, value, present)) {
      steps.add('sysctl', { kind: 'set-sysctl', name, value, why: `net.ipv4.vs.${name} ${present} -> ${value}` });
    }
  }
}

/** A moved destination is away for the blink between delete and add. With expire_nodest_conn a packet of its connections
 *  that comes just then ends its connection; without, the packet is dropped and comes again. So it is off while we move. */
function guardsMoves(steps: StepList, target: Target, dump: KernelDump): ReadonlySet<string> {
  const name = 'expire_nodest_conn';
  const present = dump.sysctls[name];
  const value = target.sysctls[name];
  if (!steps.has('place') || value === undefined || value === '0' || present === undefined) return new Set();
  const why = 'moved destinations keep their connections';
  if (present !== '0')
    steps.add('sysctl', { kind: 'set-sysctl', name, value: '0', why: `net.ipv4.vs.${name} off: ${why}` });
  steps.add('sysctl-after-place', { kind: 'set-sysctl', name, value, why: `net.ipv4.vs.${name} on after the moves` });
  return new Set([name]);
}
