import { afterEach, expect, test } from 'vitest';
import { bad, good, until, World } from '../../../support/health.ts';

const worlds: World[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.driver.stop();
});

const CHECK = { tcp: {}, every: '20ms', timeout: '20ms', rise: 2, fall: 2 };
const service = (name: string, port: number, servers: readonly unknown[], more: Record<string, unknown> = {}) => ({
  name,
  listen: [`tcp://10.0.0.100:${port}`],
  check: CHECK,
  servers,
  ...more,
});
const many = (count: number, more: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, i) => ({ address: `10.1.${i >> 8}.${i & 255}`, ...more }));

function world(...services: readonly unknown[]): World {
  const made = new World({ services, instances: INSTANCES });
  worlds.push(made);
  return made;
}
const INSTANCES = [{ name: 'edge', interface: 'eth0', vrid: 51, addresses: ['10.0.0.100/24'] }];

test('services that ask one target the same share one check, each with its own rise and fall', async () => {
  const server = { address: '10.0.0.11', port: 80 };
  const patient = { check: { ...CHECK, fall: 1000 } };
  const shared = world(
    service('a', 80, [server], { forward: 'nat' }),
    service('b', 81, [server], { forward: 'nat', ...patient }),
  ).start();
  await until(() => shared.status('a/10.0.0.11:80') === 'up', 'both are up');
  expect(shared.status('b/10.0.0.11:80')).toBe('up');
  shared.answer = async () => bad;
  await until(() => shared.status('a/10.0.0.11:80') === 'down', 'the one with fall 2 is down');
  expect(shared.status('b/10.0.0.11:80')).toBe('up');
  const { outcomes } = shared.store.counts.checks.get('a/10.0.0.11:80') ?? { outcomes: new Map<string, number>() };
  const counted = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  expect(counted).toBeLessThanOrEqual(shared.asked.length);
  expect(new Set(shared.asked.map(({ port }) => port)).size).toBe(1);
});

test('that there are too few sockets is told once, with what to set', () => {
  const pool = new World({ services: [service('web', 80, many(400))] }, { openFiles: 1024 });
  worlds.push(pool);
  const { desired } = pool.start().store.get();
  pool.driver.sync(desired, desired, new Set());
  const told = pool.events().filter((text) => text.includes('LimitNOFILE'));
  expect(told).toEqual([expect.stringMatching(/^up to 400 checks wait .* room for 320: .*; set LimitNOFILE=65536 in/)]);
});

test('results that come together are handed on as one change, and told in few lines', async () => {
  const pool = world(service('web', 80, many(500))).start();
  let answering: (() => void)[] = [];
  pool.answer = () => new Promise((resolve) => answering.push(() => resolve(bad)));
  await until(() => answering.length === 500, 'all were asked');
  expect(pool.changes).toEqual([]);
  for (const answer of answering) answer();
  answering = [];
  await until(() => pool.changes.length > 0, 'the change is handed on');
  expect(pool.changes).toEqual(['500 servers changed']);
  const lines = pool.events().filter((text) => text.includes('down'));
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('and 480 more at once: 480 are down');
  expect([...pool.store.get().verdicts.values()].every(({ status }) => status === 'down')).toBe(true);
});

test('targets that hang do not keep others waiting, however many they are', async () => {
  const hung = many(2000);
  const pool = world(service('web', 80, [...hung, { address: '10.2.0.1' }])).start();
  let atOnce = 0;
  let most = 0;
  let answered = 0;
  pool.answer = (target, _, signal) => {
    most = Math.max(most, ++atOnce);
    return new Promise((resolve) => {
      const end = (found: typeof good): void => {
        atOnce--;
        resolve(found);
      };
      if (target.address !== '10.2.0.1') {
        // A slow one by its own account, whatever this machine takes.
        setTimeout(() => end({ ...bad, outcome: 'timeout', durationMs: 1000 }), 300);
        signal.addEventListener('abort', () => {});
      } else {
        answered++;
        end(good);
      }
    });
  };
  await until(() => most >= 640 && answered > 0, 'many hang');
  const before = answered;
  await until(() => answered >= before + 10, 'the healthy one is asked on and on');
  expect(most).toBeLessThanOrEqual(1024);
});

test('a check that never ends costs one probe and its place, not the driver', async () => {
  const pool = world(service('web', 80, [{ address: '10.0.0.11' }, { address: '10.0.0.12' }])).start();
  pool.answer = ({ address }) => (address === '10.0.0.11' ? new Promise(() => {}) : Promise.resolve(good));
  await until(() => pool.status('web/10.0.0.12') === 'up', 'the other one is up');
  await until(() => pool.events().some((text) => text.includes('did not end at its deadline')), 'it is told');
  expect(pool.status('web/10.0.0.11')).toBe('unknown');
});

test('trouble of our own changes no verdict, is told once and then summed up', async () => {
  const pool = world(service('web', 80, many(50))).start(many(50).map(({ address }) => `web/${address}`));
  pool.answer = async () => ({ ok: false, outcome: 'no-descriptors', evidence: 'too many open files' });
  await until(() => pool.asked.length > 200, 'all were tried again and again');
  expect(pool.store.get().checkTrouble).toHaveLength(1);
  expect(pool.events().filter((text) => text.includes('too many open files'))).toHaveLength(1);
  expect([...pool.store.get().verdicts.values()].every(({ status }) => status === 'up')).toBe(true);
});

test('checks of a master only pause without the role and begin with it', async () => {
  const pool = world(service('web', 80, [{ address: '10.0.0.11' }], { checkWhile: { master: 'edge' } })).start();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(pool.asked).toEqual([]);
  pool.driver.follow(new Map([['edge', 'master']]));
  await until(() => pool.status('web/10.0.0.11') === 'up', 'it is checked');
  pool.driver.follow(new Map([['edge', 'backup']]));
  pool.answer = async () => bad;
  const count = pool.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(pool.asked.length).toBe(count);
  expect(pool.status('web/10.0.0.11')).toBe('up');
});

test('the latest changes of a server are kept, and no more', async () => {
  const pool = world(service('web', 80, [{ address: '10.0.0.11' }], { check: { ...CHECK, rise: 1, fall: 1 } })).start();
  let turn = 0;
  pool.answer = async () => (turn++ % 2 === 0 ? bad : good);
  await until(() => turn > 15, 'it flapped');
  const kept = pool.store.get().transitions.get('web/10.0.0.11') ?? [];
  expect(kept).toHaveLength(10);
  expect(new Set(kept.map(({ status }) => status))).toEqual(new Set(['up', 'down']));
  expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).sort((a, b) => a - b));
});

test('what a server says of itself is handed on although its status stays', async () => {
  const pool = world(service('web', 80, [{ address: '10.0.0.11' }])).start();
  await until(() => pool.status('web/10.0.0.11') === 'up', 'it is up');
  pool.answer = async () => ({ ...good, weight: { percent: 50 } });
  await until(() => pool.changes.length === 2, 'a change');
  expect(pool.changes[1]).toBe('web/10.0.0.11 says of itself: weight 50%');
});

test('intervals follow what is known of the server', async () => {
  const every = { up: '1h', down: '1h', between: '10ms' };
  const pool = world(
    service('web', 80, [{ address: '10.0.0.11' }], { check: { tcp: {}, every, timeout: '10ms', fall: 5 } }),
  );
  pool.answer = async () => (pool.asked.length < 4 ? bad : good);
  // Adopted as up: the first bad result is contradicted at once, not in an hour.
  pool.start(['web/10.0.0.11']);
  await until(() => pool.asked.length === 4, 'it was asked until it was clear');
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(pool.asked).toHaveLength(4);
});

test('an address that cannot be reached is looked at again by all checks of it, once', async () => {
  const slow = { check: { ...CHECK, every: '1h', timeout: '1s' } };
  const pool = world(
    service('quick', 80, [{ address: '10.0.0.11' }]),
    service('slow', 81, [{ address: '10.0.0.11' }, { address: '10.0.0.12' }], slow),
    service('slower', 82, [{ address: '10.0.0.11' }], slow),
  );
  const asked = (address: string, port: number) =>
    pool.asked.filter((target) => target.address === address && target.port === port).length;
  pool.start();
  await until(() => [...pool.store.get().verdicts.values()].every(({ status }) => status === 'up'), 'all are up');
  pool.answer = async ({ address }) => (address === '10.0.0.11' ? { ...bad, outcome: 'unreachable' } : good);
  await until(() => asked('10.0.0.11', 81) > 1 && asked('10.0.0.11', 82) > 1, 'the others are asked before their hour');
  const before = asked('10.0.0.11', 80);
  await until(() => asked('10.0.0.11', 80) > before + 10, 'the quick one goes on');
  expect([asked('10.0.0.11', 81), asked('10.0.0.11', 82), asked('10.0.0.12', 81)]).toEqual([2, 2, 1]);
});

test('that a server is held back is told, once each time', async () => {
  const check = { ...CHECK, rise: 1, fall: 1, damping: { flaps: 2, within: '1h', hold: '1h', longest: '1h' } };
  const pool = world(service('web', 80, [{ address: '10.0.0.11' }], { check })).start();
  let turn = 0;
  pool.answer = async () => (turn++ % 2 === 0 ? good : bad);
  await until(() => turn > 12, 'it flapped');
  const told = pool.events().filter((text) => text.includes('held back'));
  expect(told).toEqual([expect.stringMatching(/^web\/10.0.0.11 answers again, but went down 2 times in \d+ s, so/)]);
});

test('when several checks of one server find nobody at its address, all that is believed of it is asked at once', async () => {
  const of = [
    { tcp: {}, port: 81 },
    { tcp: {}, port: 82 },
  ];
  const slow = { tcp: {}, every: '1h', timeout: '20ms' };
  const pool = world(
    service('web', 80, [{ address: '10.0.0.11' }], { check: { any: of, every: '30ms', timeout: '20ms' } }),
    service('mail', 25, [{ address: '10.0.0.11' }], { check: slow }),
  ).start();
  const askedMail = (): number => pool.asked.filter(({ port }) => port === 25).length;
  await until(() => pool.status('mail/10.0.0.11') === 'up' && pool.status('web/10.0.0.11') === 'up', 'both are up');
  expect(askedMail()).toBe(1);
  pool.answer = async () => ({ ...bad, outcome: 'unreachable' });
  await until(() => askedMail() > 1, 'mail is asked long before its time');
});

test('a certificate that ends soon is a problem that is told once, until there is a new one', async () => {
  const servers = [{ address: '10.0.0.11' }, { address: '10.0.0.12' }];
  const pool = world(service('web', 80, servers)).start();
  const warning = 'its certificate ends in 3 days';
  const ending = { ...good, certificate: { endsAt: 1, warning } };
  pool.answer = async ({ address }) => (address === '10.0.0.11' ? ending : good);
  const told = (text: string): string[] => pool.events().filter((line) => line.includes(text));
  await until(() => told('certificate').length > 0, 'it is told');
  expect(pool.store.get().certificates).toEqual([`web/10.0.0.11: ${warning}`]);
  const asked = pool.asked.length;
  await until(() => pool.asked.length > asked + 20, 'it is shown again and again');
  expect(told('certificate')).toEqual([`web/10.0.0.11: ${warning}`]);
  expect(pool.status('web/10.0.0.11')).toBe('up');
  pool.answer = async () => ({ ...good, certificate: { endsAt: 1e13, warning: '' } });
  await until(() => told('a new one').length > 0, 'that it is replaced is told');
  expect(pool.store.get().certificates).toEqual([]);
  expect(told('certificate')).toHaveLength(2);
});
