import { canonicalAddress, familyOf, fullPrefix } from '../base/ip.ts';

/** A network as data: the drivers build it on a kernel, the checks below run before anything is touched. */
export interface Topology {
  readonly name: string;
  readonly summary: string;
  /** Ethernet segments; every link of a host is a port of one of them. */
  readonly bridges: readonly Bridge[];
  readonly hosts: readonly Host[];
  /** What the machine around the lab can reach: 127.0.0.1:some-port → this. */
  readonly expose: readonly Expose[];
}

export interface Bridge {
  readonly name: string;
  /** The lab root's own addresses on it, with prefix length. */
  readonly addresses?: readonly string[];
}

export interface Host {
  readonly name: string;
  readonly links: readonly Link[];
  /** Further addresses on `lo`, such as a virtual address that a real server must accept but not announce. */
  readonly lo?: readonly string[];
  /** `net.ipv4.ip_forward` style names. */
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly routes?: readonly { readonly to: string; readonly via: string }[];
  /** Kernel modules that must be there before it is of use. */
  readonly modules?: readonly string[];
  /** Files under the host's own /run. */
  readonly files?: Readonly<Record<string, string>>;
  readonly processes?: readonly Process[];
}

export interface Link {
  readonly name: string;
  readonly bridge: string;
  readonly addresses: readonly string[];
}

export interface Process {
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It counts as up when this TCP port is listened on, or when this file exists. Without either: at once. */
  readonly ready?: { readonly tcp: number } | { readonly file: string };
}

export interface Expose {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** The name under which commands reach the namespace that holds the bridges. */
export const ROOT = 'root';

/** Every mistake in a topology, in words; empty when it can be built. */
export function topologyProblems(topology: Topology): string[] {
  const problems: string[] = [];
  const bridges = new Set(topology.bridges.map((bridge) => bridge.name));
  const unique = (kind: string, names: readonly string[]) => {
    for (const name of names.filter((name, index) => names.indexOf(name) !== index)) {
      problems.push(`${kind} "${name}" occurs twice`);
    }
  };
  unique(
    'bridge',
    topology.bridges.map((bridge) => bridge.name),
  );
  unique(
    'host',
    topology.hosts.map((host) => host.name),
  );
  unique(
    'exposed name',
    topology.expose.map((expose) => expose.name),
  );

  const owners = new Map<string, string>();
  const own = (owner: string, text: string) => {
    const problem = addressProblem(text);
    if (problem) problems.push(`${owner}: ${problem}`);
    const address = text.split('/')[0] ?? '';
    const other = owners.get(address);
    if (other) problems.push(`${owner}: ${address} already belongs to ${other}`);
    owners.set(address, owner);
  };
  for (const bridge of topology.bridges) {
    problems.push(...nameProblems('bridge', bridge.name, 15));
    for (const address of bridge.addresses ?? []) own(`bridge ${bridge.name}`, address);
  }
  for (const host of topology.hosts) {
    // A veth's end in the root is called HOST.LINK, and the kernel takes 15 characters.
    problems.push(...nameProblems('host', host.name, 10));
    if (host.name === ROOT) problems.push(`host name "${ROOT}" is the lab's own`);
    unique(
      `link of host ${host.name}`,
      host.links.map((link) => link.name),
    );
    for (const link of host.links) {
      problems.push(...nameProblems(`link of host ${host.name}`, link.name, 14 - host.name.length));
      if (!bridges.has(link.bridge)) problems.push(`host ${host.name}: bridge "${link.bridge}" does not exist`);
      for (const address of link.addresses) own(`host ${host.name}`, address);
    }
    for (const address of host.lo ?? []) {
      const problem = addressProblem(address);
      if (problem) problems.push(`host ${host.name}: ${problem}`);
    }
    for (const name of Object.keys(host.sysctls ?? {})) {
      if (!/^[\w.-]+$/.test(name)) problems.push(`host ${host.name}: "${name}" is not a sysctl name`);
    }
    for (const path of Object.keys(host.files ?? {})) {
      if (!/^\/run\/[\w./-]+$/.test(path) || path.includes('..')) {
        problems.push(`host ${host.name}: file ${path} is not under /run`);
      }
    }
    unique(
      `process of host ${host.name}`,
      (host.processes ?? []).map((process) => process.name),
    );
  }
  return problems;
}

function nameProblems(kind: string, name: string, longest: number): string[] {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return [`${kind} name "${name}" must be lower case letters, digits and dashes`];
  return name.length > longest ? [`${kind} name "${name}" is longer than ${longest} characters`] : [];
}

function addressProblem(text: string): string | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const canonical = canonicalAddress(address);
  if (canonical === undefined || rest.length > 0) return `"${text}" is not an address with a prefix length`;
  if (canonical !== address) return `"${address}" should be written ${canonical}`;
  if (!/^\d+$/.test(prefix) || Number(prefix) > fullPrefix(familyOf(address))) {
    return `"${text}" needs a prefix length such as ${address}/${familyOf(address) === 'inet' ? 24 : 64}`;
  }
  return undefined;
}
