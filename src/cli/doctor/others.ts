import type { Config } from '../../config/schema.ts';
import type { Check, Finding } from './check.ts';
import { type Process, processes } from './processes.ts';

/** What of the other programs' files matters; absent files are empty. */
export interface OtherFiles {
  /** Null: it may not be read. */
  readonly keepalived: string | null;
  /** /etc/default/ipvsadm */
  readonly ipvsadm: string;
}

interface Other {
  readonly name: string;
  is(process: Process): boolean;
  judge(process: Process, config: Config | null, files: OtherFiles): Finding[];
}

const named =
  (name: string) =>
  (process: Process): boolean =>
    process.name === name || process.words.slice(0, 2).some((word) => word === name || word.endsWith(`/${name}`));

const usesIpvs = (config: Config | null): boolean => config === null || config.services.length > 0;
const stop = (unit: string): string => `\`systemctl disable --now ${unit}\``;

/** Programs that write to the same kernel tables, or speak as the same virtual router. */
export const OTHERS: readonly Other[] = [
  { name: 'keepalived', is: named('keepalived'), judge: judgeKeepalived },
  {
    name: 'ldirectord',
    is: (process) =>
      process.name === 'ldirectord' || process.words.slice(0, 3).some((word) => /(^|\/)ldirectord$/.test(word)),
    judge: ({ pid }, config) =>
      usesIpvs(config)
        ? [{ what: `ldirectord runs (pid ${pid}) and writes to the IPVS table as well`, fix: stop('ldirectord') }]
        : [],
  },
  {
    name: 'kube-proxy',
    is: named('kube-proxy'),
    judge({ pid, words }, config) {
      const mode = words.find((word) => word.startsWith('--proxy-mode='))?.slice('--proxy-mode='.length);
      if (!usesIpvs(config) || (mode !== undefined && mode !== 'ipvs')) return [];
      const how = mode ? 'runs in mode ipvs' : 'runs; its command line does not tell its mode, which may be ipvs';
      return [
        {
          what: `kube-proxy (pid ${pid}) ${how}: it removes services that it does not know, on its own addresses`,
          fix: 'use its mode iptables or nftables here, or --ipvs-exclude-cidrs for the addresses of Fairlead; never director.ipvs: exclusive',
        },
      ];
    },
  },
  {
    name: 'vrrpd of FRR',
    is: named('vrrpd'),
    judge: ({ pid }, config) =>
      (config?.instances ?? []).length > 0
        ? [
            {
              what: `vrrpd (pid ${pid}) speaks VRRP here as well`,
              fix: 'take the VRIDs of the file out of its configuration (`show vrrp` in vtysh), or stop it',
            },
          ]
        : [],
  },
];

export const othersCheck: Check = {
  name: 'other programs',
  why: 'two programs that write to one table, or speak as one virtual router, undo each other',
  async look(machine, config) {
    const files: OtherFiles = {
      keepalived: await machine.text('/etc/keepalived/keepalived.conf').then(
        (text) => text ?? '',
        () => null,
      ),
      ipvsadm: (await machine.text('/etc/default/ipvsadm')) ?? '',
    };
    const units = await Promise.all(
      ['/etc/systemd/system/multi-user.target.wants', '/etc/rc2.d'].map((folder) => machine.names(folder)),
    );
    const restores = units.flat().some((name) => /^(ipvsadm\.service|S\d\dipvsadm)$/.test(name));
    return judgeOthers(await processes(machine), files, { restores }, config);
  },
};

export function judgeOthers(
  running: readonly Process[],
  files: OtherFiles,
  boot: { readonly restores: boolean },
  config: Config | null,
): Finding[] {
  const found = OTHERS.flatMap(({ is, judge }) => {
    const first = running.find(is);
    return first ? judge(first, config, files) : [];
  });
  if (usesIpvs(config) && (boot.restores || /^\s*AUTO="?true/m.test(files.ipvsadm)))
    found.push({
      what: 'the ipvsadm service restores /etc/ipvsadm.rules at boot, and clears the table when it stops',
      fix: `${stop('ipvsadm')} and AUTO="false" in /etc/default/ipvsadm`,
    });
  return found;
}

function judgeKeepalived({ pid }: Process, config: Config | null, { keepalived: conf }: OtherFiles): Finding[] {
  if (conf === null || /^\s*include/m.test(conf))
    return [
      {
        what: `keepalived runs (pid ${pid}) and not all of its configuration could be read`,
        fix: 'make sure that it has neither virtual_server blocks nor a VRID of the file, or stop it',
      },
    ];
  const text = conf.replace(/[#!].*$/gm, '');
  const found: Finding[] = [];
  if (usesIpvs(config) && /^\s*virtual_server(_group)?\s/m.test(text))
    found.push({
      what: `keepalived runs (pid ${pid}) with virtual_server blocks: it clears and fills the IPVS table as well`,
      fix: 'take these blocks out of keepalived.conf, or stop it',
    });
  const theirs = [...text.matchAll(/^\s*virtual_router_id\s+(\d+)/gm)].map(([, id]) => Number(id));
  for (const { name, vrid } of config?.instances ?? [])
    if (theirs.includes(vrid))
      found.push({
        what: `keepalived runs (pid ${pid}) with virtual_router_id ${vrid}, which is instance ${name}`,
        fix: 'move the instance to one of the two programs, or give it another VRID',
      });
  return found;
}
