import { request } from 'node:http';
import { FairleadError, failure } from '../base/errors.ts';
import { type Problem, ROUTES, type RouteName, type RouteTypes } from './contract.ts';

/** Calls one route of a daemon. Rejects with `daemon-unreachable`, or with the daemon's own problem. */
export async function call<N extends RouteName>(
  socket: string,
  route: N,
  params: RouteTypes[N]['params'],
): Promise<RouteTypes[N]['body']> {
  const { method, path } = ROUTES[route];
  const values: Readonly<Record<string, string>> = params;
  const url = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(values[key] ?? ''));
  const { status, text } = await exchange(socket, method, url);
  const body: unknown = JSON.parse(text);
  if (status < 400) return body as RouteTypes[N]['body'];
  const problem = body as Partial<Problem>;
  throw new FairleadError('usage', { detail: problem.detail ?? `the daemon answered ${status}` });
}

/** The body of a page that is no route of the API, as it stands. */
export async function fetchText(socket: string, path: string, accept: string): Promise<string> {
  const { status, text } = await exchange(socket, 'GET', path, { accept });
  if (status < 400) return text;
  throw new FairleadError('usage', { detail: `the daemon answered ${status} for ${path}` });
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const unreachable = (error: Error): void =>
      reject(failure('daemon-unreachable', { socket: socketPath, reason: error.message }, error));
    const sent = request({ socketPath, method, path, headers, timeout: 15_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', unreachable);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 500, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 15 s')));
    sent.on('error', unreachable);
    sent.end();
  });
}
