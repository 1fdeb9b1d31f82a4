import { type IpvsadmIo, ipvsadm, runAs } from '../../src/cli/ipvsadm/main.ts';
import { FakeKernel } from '../../src/kernel/fake.ts';
import type { Ipvs, SyncDaemon } from '../../src/kernel/ipvs.ts';
import { KernelError } from '../../src/model/kernel-error.ts';
import type { IpvsOp } from '../../src/model/op.ts';
import { type Protocol, serviceKey } from '../../src/model/service.ts';

const NO_RATES = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
const HOSTS: Readonly<Record<string, string>> = { localhost: '127.0.0.1', web1: '10.0.0.11' };
const PORTS: Readonly<Record<string, number>> = { 'http/tcp': 80, 'domain/tcp': 53, 'domain/udp': 53 };

/** What ipvsadm needs beyond the daemon's port: timeouts and sync daemons that are only remembered. */
export function fakeIpvs(kernel: FakeKernel): Ipvs {
  let timeouts = { tcpS: 900, tcpFinS: 120, udpS: 300 };
  const daemons = new Map<SyncDaemon['state'], SyncDaemon>();
  const refuse = (operation: string, errno: number): never => {
    throw new KernelError({ code: 'kernel', errno, operation, text: 'refused' });
  };
  const port = kernel.ipvs;
  return {
    info: () => port.info(),
    dump: (options) => port.dump(options),
    apply: (ops) => port.apply(ops),
    connections: (query) => port.connections(query),
    async carryOut(changes, told) {
      const results = await port.apply(changes.map((change) => ({ why: '', ...change }) as IpvsOp));
      return changes.map((change, i) => told(change, results[i]?.failure ?? null));
    },
    close: () => port.close(),
    services: (options) => port.dump(options),
    async service(id, options) {
      const key = serviceKey(id);
      const found = (await port.dump(options)).find(({ service }) => serviceKey(service.id) === key);
      return found ?? refuse('read service', 3);
    },
    async dumpWithRates() {
      return (await port.dump()).map((service) => ({
        ...service,
        rates: NO_RATES,
        destinations: service.destinations.map((destination) => ({ ...destination, rates: NO_RATES })),
      }));
    },
    timeouts: async () => timeouts,
    async setTimeouts({ tcpS, tcpFinS, udpS }) {
      timeouts = { tcpS: tcpS || timeouts.tcpS, tcpFinS: tcpFinS || timeouts.tcpFinS, udpS: udpS || timeouts.udpS };
    },
    daemons: async () => [...daemons.values()],
    async startDaemon(daemon) {
      if (daemons.has(daemon.state)) refuse('start', 17);
      if (daemon.interface === 'nosuch') refuse('start', 19);
      daemons.set(daemon.state, daemon);
    },
    async stopDaemon(state) {
      if (!daemons.delete(state)) refuse('stop', 3);
    },
    async zero(id) {
      const known = port.state().some(({ service }) => JSON.stringify(service.id) === JSON.stringify(id));
      if (id && !known) refuse('zero', 3);
    },
    flush: async () => port.load([]),
  };
}

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs command lines over one kernel in memory. */
export function fakeIpvsadm(kernel = new FakeKernel()) {
  const ipvs = fakeIpvs(kernel);
  const ioWith = (input: string, said: { out: string; err: string }): IpvsadmIo => ({
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stdin: async () => input,
    ipvs,
    resolver: {
      host: async (name) => HOSTS[name],
      port: (name: string, protocol: Protocol) => PORTS[`${name}/${protocol}`],
    },
  });
  const call = async (
    program: (argv: readonly string[], io: IpvsadmIo) => Promise<number>,
    words: readonly string[],
    input: string,
  ): Promise<Outcome> => {
    const said = { out: '', err: '' };
    return { exit: await program(words, ioWith(input, said)), ...said };
  };
  return {
    kernel,
    ipvs,
    /** `line` is split at blanks; `''` stands for an empty word. */
    run: (line: string, input = '') => call(ipvsadm, wordsOf(line), input),
    runAs: (name: string, line: string, input = '') =>
      call((words, io) => runAs(name, words, io), wordsOf(line), input),
    table: async () => (await call(ipvsadm, ['-S', '-n'], '')).out,
  };
}

const wordsOf = (line: string): string[] =>
  line
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (word === "''" ? '' : word));
