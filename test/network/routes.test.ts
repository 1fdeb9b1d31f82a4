import { execFileSync } from 'node:child_process';
import { openNet } from '../../src/kernel/net.ts';
import { routeInWords } from '../../src/model/routing.ts';
import { routingContract } from '../contract/routing.ts';

/** The contract of routes and rules on this machine's kernel, in a network namespace of its own for each test. */

let count = 0;

routingContract('Linux', async () => {
  const name = `fl-routes-${process.pid}-${count++}`;
  const run = (...args: readonly string[]): void => {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const ip = (...args: readonly string[]): void => run('-n', name, ...args);
  run('netns', 'add', name);
  ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
  ip('link', 'set', 'v1', 'up');
  ip('link', 'set', 'v0', 'up');
  ip('address', 'add', '10.77.5.1/24', 'dev', 'v0');
  ip('address', 'add', '2001:db8:77:5::1/64', 'dev', 'v0', 'nodad');
  const net = openNet({ netns: `/run/netns/${name}` });
  return {
    net,
    link: 'v0',
    foreignRoute: (route) => ip('route', 'add', ...routeInWords(route).split(' ')),
    foreignRule: ({ from, table, priority }) =>
      ip('rule', 'add', 'from', `${from?.address}/${from?.prefix}`, 'table', `${table}`, 'priority', `${priority}`),
    cleanup() {
      net.close();
      run('netns', 'delete', name);
    },
  };
});
