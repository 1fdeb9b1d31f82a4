import { destinationKey, serviceKey } from '../../model/service.ts';
import type { SingleRequest } from './run.ts';

interface Planned {
  /** Line of the input, counted from 1; 0 is the clearing in front of all. */
  readonly number: number;
  readonly request: SingleRequest;
}

/** What each line of a restore would do, as text or as JSON: an array of `{ line, does }`. */
export function describe(steps: readonly Planned[], json: boolean): string {
  const rows = steps.map(({ number, request }) => ({ line: number, does: wordsOf(request) }));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  return rows.map(({ line, does }) => `${line === 0 ? 'first' : `line ${line}`}: ${does}\n`).join('');
}

function wordsOf(request: SingleRequest): string {
  switch (request.command) {
    case 'add-service':
    case 'edit-service':
      return `${request.command} ${serviceKey(request.service.id)} scheduler ${request.service.scheduler}`;
    case 'delete-service':
      return `${request.command} ${serviceKey(request.id)}`;
    case 'add-server':
    case 'edit-server': {
      const { forward, weight } = request.destination;
      return `${request.command} ${serviceKey(request.id)} ${destinationKey(request.destination)} ${forward} weight ${weight}`;
    }
    case 'delete-server':
      return `${request.command} ${serviceKey(request.id)} ${destinationKey(request.destination)}`;
    case 'zero':
      return `zero the counters of ${request.id ? serviceKey(request.id) : 'all services'}`;
    case 'set-timeouts':
      return `set timeouts to tcp ${request.tcpS} s, tcpfin ${request.tcpFinS} s, udp ${request.udpS} s (0 keeps)`;
    case 'start-daemon':
      return `start the ${request.daemon.state} sync daemon on ${request.daemon.interface}`;
    case 'stop-daemon':
      return `stop the ${request.state} sync daemon`;
    case 'flush':
      return 'delete all services';
    case 'list':
      return `list ${request.what}`;
    case 'save':
    case 'help':
    case 'version':
      return `print ${request.command}`;
  }
}
