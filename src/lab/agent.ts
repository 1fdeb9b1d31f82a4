import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import net, { type Server, type Socket } from 'node:net';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { FairleadError } from '../base/errors.ts';
import { CHANNEL, FrameReader } from './frames.ts';
import { buildNetwork, type Keepers } from './keepers.ts';
import { createProcesses, type Processes } from './processes.ts';
import { type LabInfo, type Request, readControl, readRequest } from './protocol.ts';
import { answer, connectSession, execSession, refuse, type Session } from './sessions.ts';
import { ROOT, type Topology } from './topology.ts';

/** What the opener of a lab tells the agent: a JSON file. */
export interface AgentSpec {
  readonly topology: Topology;
  readonly driver: string;
  /** The agent's own directory: sockets, logs, `hosts/NAME/netns`. */
  readonly directory: string;
  /** What `fairlead` is in the lab. */
  readonly cli: string;
  /** A TCP port, and the secret that its callers have to know. */
  readonly tcp?: { readonly port: number; readonly token: string };
}

/** Marks the agent's own lines among whatever else is printed on a console. */
export const MARK = '@lab ';
const say = (message: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${MARK}${JSON.stringify(message)}\n`);
};

interface House {
  readonly spec: AgentSpec;
  readonly keepers: Keepers;
  readonly processes: Processes;
  environment(host: string): Record<string, string>;
}

/** Builds the lab a spec asks for and serves it until the process ends; the lab ends with it. */
export async function runAgent(specFile: string): Promise<void> {
  const spec = JSON.parse(readFileSync(specFile, 'utf8')) as AgentSpec;
  try {
    const house = await build(spec);
    const servers = [await listen(house, { path: join(spec.directory, 'agent.sock') }, undefined)];
    if (spec.tcp) servers.push(await listen(house, { port: spec.tcp.port }, spec.tcp.token));
    say({ ready: true });
  } catch (error) {
    const fix = error instanceof FairleadError ? error.fix : undefined;
    say({ failed: error instanceof Error ? error.message : String(error), fix });
    process.exit(1);
  }
}

async function build(spec: AgentSpec): Promise<House> {
  const bin = join(spec.directory, 'bin');
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  rmSync(join(bin, 'fairlead'), { force: true });
  symlinkSync(spec.cli, join(bin, 'fairlead'));
  const node = dirname(process.execPath);
  const environment = (host: string): Record<string, string> => ({
    HOME: process.env.HOME ?? '/root',
    LANG: 'C.UTF-8',
    PATH: `${host === ROOT ? bin : '/run/bin'}:${node}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    FAIRLEAD_LAB_DIR: spec.directory,
    FAIRLEAD_LAB_HOST: host,
  });
  say({ phase: 'agent' });
  const keepers = await buildNetwork(spec.topology, spec.directory, { cli: spec.cli, node: process.execPath });
  say({ phase: 'network' });
  const processes = createProcesses(spec.topology, keepers, spec.directory, environment);
  await Promise.all(
    spec.topology.hosts.flatMap((host) => processes.names(host.name).map((name) => processes.start(host.name, name))),
  );
  say({ phase: 'processes' });
  return { spec, keepers, processes, environment };
}

function listen(house: House, where: net.ListenOptions, token: string | undefined): Promise<Server> {
  const server = net.createServer({ noDelay: true }, (socket) => serve(house, socket, token));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => resolve(server));
  });
}

function serve(house: House, socket: Socket, token: string | undefined): void {
  const reader = new FrameReader();
  let known = token === undefined;
  let session: Session | undefined;
  socket.on('error', () => {});
  socket.on('close', () => session?.gone());
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) {
        if (session) session.take(frame);
        else if (!known) {
          if (frame.channel !== CHANNEL.control || readControl(frame.payload).token !== token)
            return void socket.destroy();
          known = true;
        } else session = begin(house, socket, readRequest(frame.payload));
      }
    } catch {
      socket.destroy();
    }
  });
}

function begin(house: House, socket: Socket, request: Request | { readonly wrong: string }): Session {
  const nothing: Session = { take() {}, gone() {} };
  if ('wrong' in request) refuse(socket, { reason: request.wrong });
  else if (request.op === 'connect') return connectSession(socket, request);
  else if (request.op === 'info') {
    answer(socket, { ok: true, info: describe(house) });
    socket.end();
  } else {
    const enter = house.keepers.enter(request.host);
    if (enter === undefined) {
      const present = [ROOT, ...house.spec.topology.hosts.map((host) => host.name)].join(', ');
      refuse(socket, { reason: 'no such host', kind: 'host', name: request.host, present });
    } else if (request.op === 'exec') return execSession(socket, request, enter, house.environment(request.host));
    else {
      const { host, process: name, action } = request;
      const done =
        action === 'start'
          ? house.processes.start(host, name)
          : house.processes.stop(host, name, action === 'kill' ? 'SIGKILL' : 'SIGTERM');
      done.then(
        () => {
          answer(socket, { ok: true });
          socket.end();
        },
        (error: Error) => refuse(socket, { reason: error.message }),
      );
    }
  }
  return nothing;
}

function describe(house: House): LabInfo {
  const { topology, driver, directory } = house.spec;
  return {
    topology: topology.name,
    driver,
    kernel: release(),
    hosts: topology.hosts.map((host) => ({
      name: host.name,
      addresses: [...host.links.flatMap((link) => link.addresses), ...(host.lo ?? [])],
      netns: join(directory, 'hosts', host.name, 'netns'),
      processes: house.processes
        .names(host.name)
        .map((name) => ({ name, running: house.processes.running(host.name, name) })),
    })),
  };
}
