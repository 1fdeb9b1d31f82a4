import net, { type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { failure } from '../base/errors.ts';
import type { Connector, ExecOptions, ExecResult, LabProcess } from './client.ts';
import * as client from './client.ts';
import type { DriverName, Phases } from './driver.ts';
import { connectPath, hostCanRunLab, openHost } from './driver-host.ts';
import { openVm } from './driver-vm.ts';
import { openExposed } from './expose.ts';
import type { LabInfo } from './protocol.ts';
import { claim, type LabState, labDirectory, publish, removeAfterEnd, runningLabs } from './runtime.ts';
import { type Topology, topologyProblems } from './topology.ts';

/** A running lab, whoever opened it. */
export interface Lab {
  readonly name: string;
  readonly driver: DriverName;
  /** What this machine reaches: 127.0.0.1:PORT by exposed name. */
  readonly exposed: Readonly<Record<string, number>>;
  /** Runs a command in a host (or in `root`, where the bridges are) and waits for its end. */
  exec(host: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a command that goes on; it ends with this process at the latest. */
  spawn(host: string, argv: readonly string[], options?: Pick<ExecOptions, 'env' | 'cwd'>): Promise<LabProcess>;
  /** Starts or stops a process of the topology, such as `nginx` of `web1`. `kill` gives it no chance to say goodbye. */
  process(host: string, name: string, action: 'start' | 'stop' | 'kill'): Promise<void>;
  info(): Promise<LabInfo>;
  /** Ends it when this process opened it; otherwise lets go of it. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly topology: Topology;
  readonly driver?: DriverName | 'auto';
  /** Labs of different names run side by side. */
  readonly name?: string;
  /** To measure with: a virtual machine in which time passes by instructions (`Machine.counted`), so that what else this
   *  machine does changes no figure. */
  readonly counted?: boolean;
  /** Called when the lab ends without having been closed. */
  readonly onLost?: (reason: string) => void;
}

export interface OpenedLab extends Lab {
  /** When what was reached, in milliseconds from the start. */
  readonly phases: Phases;
}

/** Builds a lab that lives as long as the calling process, or until `close`. Other processes reach it by its name. */
export async function openLab(options: OpenOptions): Promise<OpenedLab> {
  const { topology, name = 'lab', counted = false } = options;
  const problems = topologyProblems(topology);
  if (problems.length > 0) {
    throw failure('lab-failed', {
      reason: `topology ${topology.name}: ${problems.join('; ')}`,
      advice: 'correct the topology',
    });
  }
  const driver = counted ? 'vm' : chooseDriver(options.driver);
  const directory = claim(name);
  const remove = removeAfterEnd(directory);
  try {
    const ground = await (driver === 'vm' ? openVm(topology, directory, { counted }) : openHost(topology, directory));
    const door = await openDoor(join(directory, 'lab.sock'), ground.connect);
    const exposed = await openExposed(topology.expose, ground.connect);
    publish({ name, driver, topology: topology.name, directory, exposed: exposed.ports });
    let closing = false;
    const closed = ground.ended.then((reason) => {
      door.close();
      exposed.close();
      remove();
      if (!closing) options.onLost?.(reason);
    });
    return {
      ...view(name, driver, exposed.ports, ground.connect),
      phases: ground.phases,
      async close() {
        closing = true;
        await ground.close();
        await closed;
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The running lab of that name; without a name $FAIRLEAD_LAB_NAME, or the one called `lab`, or the only
 *  one there is. */
export async function attachLab(name?: string): Promise<Lab> {
  const { driver, exposed, directory, name: found } = findLab(name);
  return { ...view(found, driver, exposed, () => connectPath(join(directory, 'lab.sock'))), async close() {} };
}

/** The lab whose agent's socket this is: how tests inside the lab reach it. */
export function labAt(socket: string): Lab {
  return { ...view('here', 'host', {}, () => connectPath(socket)), async close() {} };
}

export function findLab(name: string | undefined = process.env.FAIRLEAD_LAB_NAME): LabState {
  const labs = runningLabs().filter((lab) => lab.topology !== '');
  const fitting = labs.filter((lab) => name === undefined || lab.name === name);
  const preferred = fitting.find((lab) => lab.name === 'lab') ?? fitting[0];
  if (!preferred) throw failure('lab-missing', {});
  if (fitting.length > 1 && preferred.name !== 'lab') {
    const present = fitting.map((lab) => lab.name).join(', ');
    throw failure('usage', { detail: `several labs are running; choose one with --lab: ${present}` });
  }
  return preferred;
}

export function chooseDriver(wanted: DriverName | 'auto' | undefined): DriverName {
  const choice = wanted && wanted !== 'auto' ? wanted : process.env.FAIRLEAD_LAB;
  if (choice === 'host' || choice === 'vm') return choice;
  if (choice) throw failure('usage', { detail: `FAIRLEAD_LAB is "${choice}"; it can be host or vm` });
  return hostCanRunLab() ? 'host' : 'vm';
}

function view(name: string, driver: DriverName, exposed: Readonly<Record<string, number>>, connect: Connector) {
  return {
    name,
    driver,
    exposed,
    exec: (host: string, argv: readonly string[], options?: ExecOptions) => client.exec(connect, host, argv, options),
    spawn: (host: string, argv: readonly string[], options?: Pick<ExecOptions, 'env' | 'cwd'>) =>
      client.start(connect, host, argv, options),
    process: (host: string, process: string, action: 'start' | 'stop' | 'kill') =>
      client.control(connect, host, process, action),
    info: () => client.information(connect),
  };
}

/** The way in for other processes of the same user: whatever they say goes to the agent. */
function openDoor(path: string, connect: Connector): Promise<Server> {
  const server = net.createServer((visitor: Socket) => {
    visitor.pause();
    visitor.on('error', () => {});
    connect().then(
      (agent) => {
        agent.on('error', () => visitor.destroy());
        visitor.once('close', () => agent.destroy());
        agent.once('close', () => visitor.end());
        visitor.pipe(agent).pipe(visitor);
      },
      () => visitor.destroy(),
    );
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

export { labDirectory };
