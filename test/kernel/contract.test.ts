import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll } from 'vitest';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import { openNet } from '../../src/kernel/net.ts';
import { syncPort } from '../../src/kernel/sync.ts';
import { openSysctls } from '../../src/kernel/sysctl.ts';
import { kernelContract } from '../contract/kernel.ts';

// A namespace of its own: the contract starts from an empty table and must not meet anybody else's.
const name = `contract-${process.pid}`;
const netns = `/run/netns/${name}`;
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });

beforeAll(() => {
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
});
afterAll(() => {
  ip('netns', 'delete', name);
});

kernelContract('Linux', async () => {
  const ipvs = openIpvs({ netns });
  const net = openNet({ netns });
  // The settings are those of this process's namespace; the contract puts back what it changes.
  const sysctls = openSysctls();
  return {
    ipvs,
    net,
    sysctls,
    sync: syncPort(ipvs),
    link: 'lo',
    async cleanup() {
      for (const { state } of await ipvs.daemons()) await ipvs.stopDaemon(state);
      const services = await ipvs.dump({ stats: false });
      await ipvs.apply(services.map(({ service }) => ({ kind: 'delete-service', id: service.id, why: 'cleanup' })));
      ipvs.close();
      net.close();
    },
  };
});
