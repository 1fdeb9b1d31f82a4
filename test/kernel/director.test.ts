import { afterEach, describe, expect, test } from 'vitest';
import { CLIENT_ADDRESSES } from '../../src/lab/topologies/web.ts';
import {
  cleanDirector,
  fairlead,
  kernelTable,
  Load,
  refusedDirector,
  startDirector,
  status,
  until,
  writeConfig,
} from '../support/director.ts';
import { lab } from '../support/lab.ts';

/** The whole of it on a real kernel: Fairlead on the director, nginx on the servers, a client that keeps connecting. */

const SERVERS =
  '[{ name: web1, address: 10.0.2.11 }, { name: web2, address: 10.0.2.12 }, { name: web3, address: 10.0.2.13 }]';
const web = (servers = SERVERS): string => `
  - name: web
    listen: ["tcp://10.0.2.100:80"]
    scheduler: mh
    flags: [fallback]
    check: { http: { path: /healthz }, every: 1s, timeout: 900ms, rise: 2, fall: 2 }
    servers: ${servers}`;
const file = (services: string, director = ''): string =>
  `director: { name: lb${director} }\naddresses: [{ address: 10.0.2.100/32, interface: eth0 }]\nservices:${services}\n`;

const others = (weightOfFirst: number): string =>
  Array.from({ length: 999 }, (_, s) => {
    const servers = Array.from(
      { length: 10 },
      (_, i) =>
        `{ address: 10.201.${s >> 2}.${(s & 3) * 10 + i + 1}, weight: ${s === 0 && i === 0 ? weightOfFirst : 1} }`,
    );
    return `\n  - { name: s${s}, listen: ["tcp://10.${150 + (s >> 8)}.${s & 255}.1:80"], scheduler: rr, forward: nat, servers: [${servers.join(', ')}] }`;
  }).join('');

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const running of open.splice(0).reverse()) await running.stop();
  await lab.process('web2', 'nginx', 'start').catch(() => {});
  await cleanDirector();
});
async function keep<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  open.push(running);
  return running;
}

const inTable = async (address: string): Promise<boolean> =>
  (await kernelTable()).some((line) => line.includes(`-r ${address}:80`));
const allServe = (): Promise<void> =>
  until(
    'all servers are in the table',
    async () => (await kernelTable()).filter((line) => line.startsWith('-a')).length === 3,
  );

describe('a server that dies', () => {
  test('leaves the table, no client gets it, and it serves again after its revival', async () => {
    await keep(startDirector(file(web())));
    await allServe();
    const load = await keep(Load.start(40));
    await load.more(150);
    expect([...load.served.keys()].sort()).toEqual(['web1', 'web2', 'web3']);
    expect(load.failures()).toBe(0);

    await lab.process('web2', 'nginx', 'kill');
    await until('web2 leaves the table', async () => !(await inTable('10.0.2.12')));
    // What began before may still fail, and on a busy machine is told late: the failures end, and none comes later.
    let [failures, served] = [-1, load.served.get('web2')];
    for (let i = 0; i < 5 && load.failures() !== failures; i++) {
      [failures, served] = [load.failures(), load.served.get('web2')];
      await load.more(100);
    }
    expect([load.failures(), load.served.get('web2')], JSON.stringify([...load.failed])).toEqual([failures, served]);
    expect((await status()).services[0]?.servers.find((server) => server.name === 'web2')).toMatchObject({
      health: 'down',
      why: expect.stringMatching(/^connect to 10\.0\.2\.12:80 refused \d+ times in/),
    });

    await lab.process('web2', 'nginx', 'start');
    await until('web2 is back in the table', () => inTable('10.0.2.12'));
    await until('web2 serves', () => (load.served.get('web2') ?? 0) > (served ?? 0));
    expect(load.failures()).toBe(failures);
  });
});

describe('a reload', () => {
  test('of 1,000 services x 10 servers with one weight changed is one change, and no client notices', async () => {
    const director = await keep(startDirector(file(web() + others(1), ', resync: 1h')));
    await until('all servers are in the table', async () => (await kernelTable()).length === 1000 + 3 + 9990);
    const load = await keep(Load.start(20));
    await load.more(20);
    const before = await kernelTable();

    await writeConfig(file(web() + others(7), ', resync: 1h'));
    director.process.kill('SIGHUP');
    await director.process.waitForLine(/revision 2: services\.s0\.servers/, 120_000);
    const applied = await director.process.waitForLine(/"event":"applied"/, 120_000);
    expect(JSON.parse(applied)).toMatchObject({ operations: 1, failed: 0 });
    await load.more(40);
    const after = await kernelTable();
    const known = new Set(before);
    expect(after.filter((line) => !known.has(line))).toEqual([expect.stringMatching(/-r 10\.201\.0\.1:80 -m -w 7$/)]);
    expect(after.length).toBe(before.length);
    expect(Object.fromEntries(load.failed)).toEqual({});
  });

  test('with a mistake in the file changes nothing and says where it is', async () => {
    const director = await keep(startDirector(file(web())));
    await allServe();
    const before = await kernelTable();
    await writeConfig(file(web().replace('scheduler: mh', 'scheduler: mhh')));
    director.process.kill('SIGHUP');
    await director.process.waitForLine(/reload refused.*test\.yaml:\d+:\d+: .*mhh.*unknown-scheduler/);
    expect(await kernelTable()).toEqual(before);
  });
});

describe('what is there already', () => {
  test('a restart adopts the table, a crash leaves it, and strangers stay', async () => {
    await lab.exec('director', ['ipvsadm', '-A', '-u', '10.9.9.9:53', '-s', 'rr']);
    const first = await startDirector(file(web()));
    await allServe();
    const load = await keep(Load.start(30));
    await load.more(30);
    const table = await kernelTable();
    first.process.kill('SIGKILL');
    await first.process.exited;
    expect(await kernelTable()).toEqual(table);
    await load.more(30);
    await keep(startDirector(file(web())));
    await load.more(30);
    expect(await kernelTable()).toEqual(table);
    expect(load.failures()).toBe(0);
    expect((await status()).notes.join()).toContain('udp://10.9.9.9:53');
  });

  test('onStop: remove takes what is ours and nothing else', async () => {
    await lab.exec('director', ['ipvsadm', '-A', '-u', '10.9.9.9:53', '-s', 'rr']);
    const director = await startDirector(file(web(), ', onStop: remove'));
    await allServe();
    expect(await director.stop()).toBe(0);
    expect(await kernelTable()).toEqual(['-A -u 10.9.9.9:53 -s rr']);
    expect((await lab.exec('director', ['ip', '-br', 'address', 'show', 'dev', 'eth0'])).stdout).not.toContain(
      '10.0.2.100',
    );
  });
});

describe('an operator', () => {
  test('drains a server, sees why, and explain names the server that the client gets', async () => {
    await keep(startDirector(file(web())));
    await allServe();
    expect(await fairlead('drain', 'web', 'web1')).toContain('web/web1 gets no new connections');
    expect((await kernelTable()).find((line) => line.includes('10.0.2.11'))).toContain('-w 0');
    for (const address of CLIENT_ADDRESSES.slice(0, 4)) {
      const { listeners } = JSON.parse(await fairlead('explain', address, 'web', '--json')) as {
        listeners: [{ destination: string }];
      };
      const { stdout, stderr } = await lab.exec('client', [
        'curl',
        '-sS',
        '--interface',
        address,
        'http://10.0.2.100/',
      ]);
      expect(stderr).toBe('');
      expect(`10.0.2.1${stdout.trim().slice(3)}:80`).toBe(listeners[0].destination);
      expect(stdout.trim()).not.toBe('web1');
    }
    await fairlead('undrain', 'web', 'web1');
    expect((await kernelTable()).find((line) => line.includes('10.0.2.11'))).toContain('-w 1');
  });

  test('sets weights and drains, and they hold over a daemon that is killed', async () => {
    const first = await keep(startDirector(file(web())));
    await allServe();
    await fairlead('drain', 'web', 'web1', '--reason', 'new disk');
    await fairlead('weight', 'web', 'web2', '7');
    const set = await kernelTable();
    expect(set.find((line) => line.includes('10.0.2.11'))).toContain('-w 0');
    expect(set.find((line) => line.includes('10.0.2.12'))).toContain('-w 7');
    first.process.kill('SIGKILL');
    await first.process.exited;
    await keep(startDirector(file(web())));
    expect(await fairlead('overrides')).toMatch(
      /drain:server\/web\/web1 .* new disk\n[\s\S]*weight:server\/web\/web2 +7 /,
    );
    expect(await kernelTable()).toEqual(set);
  });

  test('plans a change without making it', async () => {
    await keep(startDirector(file(web())));
    await allServe();
    const before = await kernelTable();
    await writeConfig(
      file(web().replace('name: web1, address: 10.0.2.11', 'name: web1, address: 10.0.2.11, weight: 5')),
    );
    const { ops } = JSON.parse(await fairlead('plan', '--json', '/run/fairlead/test.yaml')) as {
      ops: { kind: string }[];
    };
    expect(ops.map((op) => op.kind)).toEqual(['set-destination']);
    expect(await kernelTable()).toEqual(before);
  });
});

describe('a start that cannot be', () => {
  const nothingDone = async (): Promise<void> => {
    expect(await kernelTable()).toEqual([]);
    expect((await lab.exec('director', ['ip', '-br', 'address', 'show', 'dev', 'eth0'])).stdout).not.toContain(
      '10.0.2.100',
    );
  };

  test('without CAP_NET_ADMIN ends with 4 and says what to do', async () => {
    const { code, stderr } = await refusedDirector(file(web()), {}, [
      'setpriv',
      '--bounding-set=-net_admin',
      '--inh-caps=-net_admin',
    ]);
    expect({ code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/CAP_NET_ADMIN.*\n {2}fix: run as root/),
    });
    await nothingDone();
  });

  test('on a kernel without IPVS ends with 6 and says how to get it', async () => {
    const unload = `cat /proc/sys/kernel/modprobe; echo /bin/false > /proc/sys/kernel/modprobe
      loaded=$(sed -n 's/^\\(ip_vs_[a-z_]*\\) .*/\\1/p' /proc/modules); echo $loaded; modprobe -r $loaded ip_vs`;
    const { code: unloaded, stdout, stderr: why } = await lab.exec('root', ['sh', '-c', unload]);
    const [loader = '', modules = ''] = stdout.split('\n');
    try {
      expect({ unloaded, why }).toEqual({ unloaded: 0, why: '' });
      const { code, stderr } = await refusedDirector(file(web()));
      expect({ code, stderr }).toMatchObject({
        code: 6,
        stderr: expect.stringMatching(/has no IPVS.*\n {2}fix: load it with `modprobe ip_vs`/),
      });
      expect((await lab.exec('director', ['ip', '-br', 'address', 'show', 'dev', 'eth0'])).stdout).not.toContain(
        '10.0.2.100',
      );
    } finally {
      await lab.exec('root', ['sh', '-c', `echo ${loader} > /proc/sys/kernel/modprobe; modprobe -a ip_vs ${modules}`]);
    }
  });

  test('with a scheduler the kernel cannot load ends with 6 and names the module', async () => {
    const { code, stderr } = await refusedDirector(
      file(web().replace('scheduler: mh', 'scheduler: twos').replace('[fallback]', '[]')),
    );
    expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringMatching(/ip_vs_twos/) });
    await nothingDone();
  });

  test('with an interface that does not exist ends with 6 and names those that do', async () => {
    const { code, stderr } = await refusedDirector(file(web()).replace('interface: eth0', 'interface: eth7'));
    expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringMatching(/eth7 does not exist.*eth0/) });
    await nothingDone();
  });

  test('with an address that another interface holds ends with 6 and says which', async () => {
    await lab.exec('director', ['ip', 'address', 'add', '10.0.2.100/32', 'dev', 'lo']);
    const { code, stderr } = await refusedDirector(file(web()));
    await lab.exec('director', ['ip', 'address', 'delete', '10.0.2.100/32', 'dev', 'lo']);
    expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringMatching(/lo already holds it/) });
    await nothingDone();
  });

  test('beside a daemon that runs already ends with 1 and disturbs nothing', async () => {
    await keep(startDirector(file(web())));
    await allServe();
    const before = await kernelTable();
    const { code, stderr } = await refusedDirector(file(web()));
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('already answers') });
    expect(await kernelTable()).toEqual(before);
  });
});
