import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { formatDuration } from '../../base/duration.ts';

/** Posts JSON. Gives what went wrong; anything but 2xx is wrong, and redirections are not followed. */
export function post(url: string, body: unknown, timeoutMs: number, signal: AbortSignal): Promise<string | null> {
  const text = JSON.stringify(body);
  const deadline = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve(deadline.aborted ? `got no answer within ${formatDuration(timeoutMs)}` : `failed: ${error.message}`);
    try {
      const send = url.startsWith('https:') ? secure : plain;
      const sent = send(url, {
        method: 'POST',
        agent: false,
        signal: AbortSignal.any([deadline, signal]),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          'user-agent': 'fairlead',
          connection: 'close',
        },
      });
      // Stays listening: what comes after the answer must not become an uncaught error.
      sent.on('error', failed);
      sent.once('response', (response) => {
        const status = response.statusCode ?? 0;
        response.on('error', () => {});
        resolve(status >= 200 && status < 300 ? null : `was answered ${status}`);
        response.destroy();
      });
      sent.end(text);
    } catch (error) {
      resolve(`failed: ${String(error)}`);
    }
  });
}
