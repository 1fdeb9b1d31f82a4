import { familyOf } from '../../base/ip.ts';
import { instanceFamily } from '../../config/instance-names.ts';
import { type Check, type Finding, type Machine, Unseen } from './check.ts';
import { type Chain, iptablesChains, nftChains } from './rulesets.ts';

/** What must pass, and how rules speak of it. */
const TRAFFIC = {
  vrrp: { what: 'VRRP (IP protocol 112)', named: /\bvrrp\b|\b112\b|224\.0\.0\.18|ff02::12/i, port: null },
  sync: { what: 'connection sync', named: /224\.0\.0\.81/, port: 'udp' },
} as const;

interface Passage {
  readonly kind: keyof typeof TRAFFIC;
  readonly interface: string;
  readonly family: 'inet' | 'inet6';
  readonly port?: number;
}

export const firewallCheck: Check = {
  name: 'firewall',
  why: 'adverts that a rule drops make every director a master; as far as rules can be read from outside',
  async look(machine, config) {
    const passages: Passage[] = (config?.instances ?? []).map((instance) => ({
      kind: 'vrrp',
      interface: instance.interface,
      family: instanceFamily(instance),
    }));
    const sync = config?.director.sync;
    if (sync) passages.push({ kind: 'sync', interface: sync.interface, family: familyOf(sync.group), port: sync.port });
    return passages.length === 0 ? [] : judgeFirewall(await readChains(machine), passages);
  },
};

/** nft shows what iptables-nft made as well; rules of the older kind only iptables-legacy sees. It is asked only where
 *  there are such tables, because asking loads their modules. */
async function readChains(machine: Machine): Promise<Chain[]> {
  const nft = await machine.output('nft', ['list', 'ruleset']);
  const save = (old: boolean, name: string) => machine.output(`${name}${old ? '-legacy' : ''}-save`, []);
  const tables = async (path: string) => ((await machine.text(path)) ?? '').trim() !== '';
  const v4 = nft === undefined || (await tables('/proc/net/ip_tables_names'));
  const v6 = nft === undefined || (await tables('/proc/net/ip6_tables_names'));
  const iptables = v4 ? await save(nft !== undefined, 'iptables') : undefined;
  const ip6tables = v6 ? await save(nft !== undefined, 'ip6tables') : undefined;
  if (nft === undefined && iptables === undefined && ip6tables === undefined)
    throw new Unseen('neither nft nor iptables-save is installed, so rules cannot be listed');
  return [
    ...nftChains(nft ?? ''),
    ...iptablesChains(iptables ?? '', 'inet'),
    ...iptablesChains(ip6tables ?? '', 'inet6'),
  ];
}

export function judgeFirewall(chains: readonly Chain[], passages: readonly Passage[]): Finding[] {
  const found = passages.flatMap((passage) =>
    chains
      .filter(({ families, hook }) => families.includes(passage.family) && hook !== null)
      .flatMap((chain) => judgeChain(chain, reachable(chain, chains), passage)),
  );
  return [...new Map(found.map((finding) => [finding.what, finding])).values()];
}

/** Rules of a chain and of those it jumps to, in no certain order. */
function reachable(from: Chain, chains: readonly Chain[]): string[] {
  const seen = new Set<Chain>();
  const visit = (chain: Chain): void => {
    if (seen.has(chain)) return;
    seen.add(chain);
    for (const rule of chain.rules) {
      const target = /\b(?:jump|goto)\s+(\S+)/.exec(rule)?.[1] ?? /-[jg]\s+(\S+)/.exec(rule)?.[1];
      const next = chains.find(({ table, name }) => table === chain.table && name === target);
      if (next) visit(next);
    }
  };
  visit(from);
  return [...seen].flatMap(({ rules }) => rules);
}

function judgeChain(chain: Chain, rules: readonly string[], passage: Passage): Finding[] {
  const { what, named, port } = TRAFFIC[passage.kind];
  const where = `chain ${chain.name} of table ${chain.table}`;
  const speaksOf = (rule: string) =>
    named.test(rule) || (port !== null && new RegExp(`\\b${port}\\b.*\\b${passage.port}\\b`).test(rule));
  const fix = `allow it: ${howToAllow(chain, passage)}`;
  const dropping = rules.find((rule) => speaksOf(rule) && DROPS.test(rule));
  const accepting = rules.some(
    (rule) => ACCEPTS.test(rule) && (speaksOf(rule) || opensInterface(rule, passage.interface)),
  );
  if (dropping && !accepting)
    return [{ what: `a rule in ${where} seems to drop ${what}: ${dropping}`, fix: `remove the rule, or ${fix}` }];
  const last = chain.rules.at(-1) ?? '';
  const closed = chain.policy === 'drop' || BARE_DROP.test(last);
  if (!closed || accepting || dropping) return [];
  return [{ what: `${where} drops what no rule accepts, and none that could be read accepts ${what}`, fix }];
}

/** Chains of iptables are written in capitals; the names of others only nft knows. */
function howToAllow({ table, name }: Chain, { kind, port }: Passage): string {
  const [nft, iptables] =
    kind === 'vrrp' ? ['meta l4proto vrrp', '-p vrrp'] : [`udp dport ${port}`, `-p udp --dport ${port}`];
  const program = table.startsWith('ip6') ? 'ip6tables' : 'iptables';
  return /^[A-Z]+$/.test(name)
    ? `\`${program} -I ${name} ${iptables} -j ACCEPT\``
    : `\`nft insert rule ${table} ${name} ${nft} accept\``;
}

const ACCEPTS = /\baccept\b|-j ACCEPT\b/;
const DROPS = /\b(drop|reject)\b|-j (DROP|REJECT)\b/;
/** A rule without a condition, counters and logs aside. */
const BARE_DROP = /^(counter( packets \d+ bytes \d+)? )?(drop|reject( with .*)?)$|^-j (DROP|REJECT)\b/;

/** A rule that accepts everything on the interface, or everything. */
function opensInterface(rule: string, name: string): boolean {
  const bare = rule
    .replace(/counter( packets \d+ bytes \d+)? ?/, '')
    .replaceAll('"', '')
    .trim();
  return [
    'accept',
    '-j ACCEPT',
    ...['iif', 'iifname', 'oif', 'oifname'].map((word) => `${word} ${name} accept`),
    ...['-i', '-o'].map((word) => `${word} ${name} -j ACCEPT`),
  ].includes(bare);
}
