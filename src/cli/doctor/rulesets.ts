import type { Family } from '../../base/ip.ts';

/** A chain of rules as nft or iptables print it. */
export interface Chain {
  /** `inet filter`, `ip filter` */
  readonly table: string;
  readonly name: string;
  readonly families: readonly Family[];
  /** Where packets of this machine's own meet it; null when only other chains lead here, or the hook is another. */
  readonly hook: 'input' | 'output' | null;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly string[];
}

const FAMILIES: Readonly<Record<string, readonly Family[]>> = { ip: ['inet'], ip6: ['inet6'], inet: ['inet', 'inet6'] };

/** Of `nft list ruleset`. Sets, maps and objects are passed over. */
export function nftChains(text: string): Chain[] {
  const chains: Chain[] = [];
  let table = '';
  let depth = 0;
  let open: { name: string; hook: Chain['hook']; policy: Chain['policy']; rules: string[] } | null = null;
  for (const line of text.split('\n').map((each) => each.trim())) {
    const header = /^(table|chain)\s+(.+?)\s*\{(?:\s*#.*)?$/.exec(line);
    if (header?.[1] === 'table' && depth === 0) table = header[2] ?? '';
    else if (header?.[1] === 'chain' && depth === 1)
      open = { name: header[2] ?? '', hook: null, policy: 'accept', rules: [] };
    else if (open && depth === 2 && line !== '}' && line !== '') readChainLine(line, open);
    depth += count(line, '{') - count(line, '}');
    if (open && depth < 2) {
      chains.push({ table, families: FAMILIES[table.split(' ')[0] ?? ''] ?? [], ...open });
      open = null;
    }
  }
  return chains;
}

function readChainLine(line: string, chain: { hook: Chain['hook']; policy: Chain['policy']; rules: string[] }): void {
  const base = /^type \S+ hook (\w+)/.exec(line);
  if (!base) {
    chain.rules.push(line.replace(/\s*(comment|prefix) "[^"]*"/g, '').replace(/\s*#.*$/, ''));
    return;
  }
  chain.hook = base[1] === 'input' || base[1] === 'output' ? base[1] : null;
  chain.policy = /policy drop;/.test(line) ? 'drop' : 'accept';
}

/** Braces in what people wrote (comments, prefixes of logs) open nothing. */
const count = (text: string, letter: string): number => text.replace(/"[^"]*"/g, '').split(letter).length - 1;

/** Of iptables-save, without the name of the chain in front of each rule; only the filter table drops. */
export function iptablesChains(text: string, family: Family): Chain[] {
  const filter = /^\*filter$([\s\S]*?)^COMMIT$/m.exec(text)?.[1] ?? '';
  return [...filter.matchAll(/^:(\S+) (\S+)/gm)].map(([, name = '', policy = '']) => ({
    table: family === 'inet' ? 'ip filter' : 'ip6 filter',
    name,
    families: [family],
    hook: name === 'INPUT' ? 'input' : name === 'OUTPUT' ? 'output' : null,
    policy: policy === 'DROP' ? 'drop' : 'accept',
    rules: filter.split('\n').flatMap((line) => (line.startsWith(`-A ${name} `) ? [line.slice(4 + name.length)] : [])),
  }));
}
