import type { Process } from '../topology.ts';

const PATH = '/run/nginx.conf';

/** nginx as a real server: one process that answers with its host's name. All it writes is in the host's own /run. */
export function nginx(name: string, port = 80): { files: Record<string, string>; processes: Process[] } {
  const configuration = `
daemon off;
master_process off;
error_log stderr warn;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path /run/nginx-body;
  proxy_temp_path /run/nginx-proxy;
  fastcgi_temp_path /run/nginx-fastcgi;
  uwsgi_temp_path /run/nginx-uwsgi;
  scgi_temp_path /run/nginx-scgi;
  default_type text/plain;
  server {
    listen ${port};
    listen [::]:${port};
    location / { add_header X-Server ${name}; return 200 "${name}\\n"; }
    location = /healthz { return 200 "ok\\n"; }
  }
}`.trimStart();
  return {
    files: { [PATH]: configuration },
    processes: [
      { name: 'nginx', command: 'nginx', args: ['-p', '/run', '-e', 'stderr', '-c', PATH], ready: { tcp: port } },
    ],
  };
}
