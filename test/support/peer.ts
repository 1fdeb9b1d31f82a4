import { spawn } from 'node:child_process';

/** What a process of another user and group hears when it asks over a unix socket. As root. */
export function askAs(
  ids: { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] },
  socket: string,
  method: string,
  path: string,
): Promise<{ status: number; body: unknown }> {
  const program = `
    process.setgroups(${JSON.stringify(ids.groups ?? [])});
    process.setgid(${ids.gid});
    process.setuid(${ids.uid});
    const { request } = await import('node:http');
    const sent = request({ socketPath: ${JSON.stringify(socket)}, method: '${method}', path: '${path}' }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => console.log(JSON.stringify({ status: answer.statusCode, body: JSON.parse(text) })));
    });
    sent.on('error', (error) => console.log(JSON.stringify({ status: 0, body: error.code })));
    sent.end();`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`ended with ${code}`))));
  });
}
