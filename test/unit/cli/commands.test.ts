import { afterEach, beforeEach, expect, test } from 'vitest';
import { openConnections, type ServedDirector, servedDirector } from '../../support/api.ts';
import { command, type Ended } from '../../support/command.ts';

/** Commands that ask a daemon, over its real socket. */

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

const fairlead = (...words: string[]): Promise<Ended> => command([...words, '--socket', served.socket]);

test('drain says how many connections are open, undrain takes it back, events tell of both', async () => {
  openConnections(served.kernel, '10.0.0.11', 2);
  expect(await fairlead('drain', 'web', 'r1')).toMatchObject({
    code: 0,
    out: 'web/r1 gets no new connections; 2 are still open\n',
  });
  expect((await fairlead('status')).out).toMatch(/r1 +unchecked, drained +0 +2/);
  expect(await fairlead('undrain', 'web', 'r1')).toMatchObject({ code: 0 });
  const { out } = await fairlead('events');
  expect(out).toMatch(/^\d{4}-\d\d-\d\dT.*operator {2}web\/r1 is drained(.|\n)*web\/r1 serves again/m);
});

test('a whole service is drained in one change and takes its servers back; what stands already stays', async () => {
  openConnections(served.kernel, '10.0.0.11', 2);
  await fairlead('drain', 'web', 'r2', '--reason', 'new disk');
  const revision = () => served.director.store.get().overrides.revision;
  const before = revision();
  expect((await fairlead('drain', 'web')).out).toBe(
    'web/r1 gets no new connections; 2 are still open\nweb/r2 gets no new connections; 0 are still open\n',
  );
  expect(revision()).toBe(before + 1);
  expect((await fairlead('overrides')).out).toMatch(/server\/web\/r2 .* new disk\n/);
  expect(JSON.parse((await fairlead('drain', 'web', '--json')).out).operations).toHaveLength(2);
  expect((await fairlead('undrain', 'web')).out).toBe(
    'every server of web takes new connections again as its health allows\n',
  );
  expect(served.director.store.get().overrides.rows.size).toBe(0);
  await fairlead('maintenance', 'on', 'dns', '10.0.0.13');
  expect((await fairlead('drain', 'dns')).out).toBe('dns: no server is left to drain\n');
  expect(await fairlead('drain', 'wbe')).toMatchObject({
    code: 2,
    err: expect.stringContaining('did you mean "web"?'),
  });
});

test('drain --wait ends with the last connection, and with 1 when its time is over', async () => {
  openConnections(served.kernel, '10.0.0.11', 2);
  const late = await fairlead('drain', 'web', 'r1', '--wait', '--timeout', '100ms');
  expect(late).toMatchObject({ code: 1, out: 'web/r1 gets no new connections; 2 are still open\n' });
  const waiting = fairlead('drain', 'web', 'r1', '--wait');
  openConnections(served.kernel, '10.0.0.11', 0);
  expect(await waiting).toMatchObject({ code: 0, out: 'web/r1: no connection is open any more\n' });
  expect(await fairlead('drain', 'web', 'r1', '--wait', '--timeout', 'soon')).toMatchObject({ code: 2 });
});

test('checks: what is asked and when again, what was found, and who goes by it', async () => {
  await served.stop();
  const check = 'check: { tcp: {}, every: 1h, timeout: 1s }';
  served = await servedDirector({
    services: `services:
  - { name: checked, listen: ["tcp://10.0.0.100:81"], ${check}, servers: [{ name: r1, address: 10.0.0.14 }] }
  - { name: again, listen: ["tcp://10.0.0.101:81"], ${check}, servers: [{ name: s1, address: 10.0.0.14 }] }
  - { name: pinged, listen: ["tcp://10.0.0.100:82"], check: { ping: {} }, servers: [{ name: p1, address: 10.0.0.15, weight: 2 }] }
  - { name: free, listen: ["tcp://10.0.0.100:83"], check: none, servers: [{ address: 10.0.0.16 }] }
`,
  });
  const { out } = await fairlead('checks');
  expect(out).toMatch(/^server +check +target +every +state +next +took +shared +last\n/);
  expect(out).toMatch(
    /\nchecked\/r1 +tcp +10\.0\.0\.14:81 +60 min +up +\d+ min +1\.0 ms +again\/s1 +[\d.]+ s ago: it answered\n/,
  );
  expect(out).toMatch(/\nagain\/s1 .* checked\/r1 /);
  expect(out).toMatch(/\npinged\/p1 +ping +10\.0\.0\.15 +/);
  expect(out).not.toContain('free/');
  expect((await fairlead('checks', '--failing')).out).toBe('no checks\n');
  const [one] = JSON.parse((await fairlead('checks', 'checked', '--json')).out);
  expect(one).toMatchObject({ target: '10.0.0.14:81', users: ['checked/r1', 'again/s1'] });
  expect(one.nextInMs).toBeGreaterThan(60_000);
});

test('drain says what it costs', async () => {
  const { code, out, err } = await fairlead('drain', 'dns', '10.0.0.13');
  expect({ code, out }).toEqual({ code: 0, out: 'dns/10.0.0.13 gets no new connections; 0 are still open\n' });
  expect(err).toMatch(/^dns: no other server of the service takes connections/);
});

test('status and instances as JSON, explain in words', async () => {
  expect(JSON.parse((await fairlead('status', '--json')).out)).toMatchObject({
    revision: 1,
    services: [{ name: 'web' }, {}, {}],
  });
  expect(JSON.parse((await fairlead('instances', '--json')).out)).toEqual({ maintenance: false, instances: [] });
  expect((await fairlead('explain', '192.0.2.7', 'web')).out).toContain('tcp://10.0.0.100:80');
});

test('reload says what came of it', async () => {
  expect(await fairlead('reload')).toMatchObject({ code: 0, out: 'reloaded: revision 2\n' });
});

test('what the daemon refuses ends with its words and the code of its kind', async () => {
  const { code, err } = await fairlead('drain', 'web', 'r9');
  expect(code).toBe(2);
  expect(err).toContain('server "r9" does not exist; there are: r1, r2; did you mean "r1"? (not-found)');
});

test('services and servers as tables, one alone, and as JSON', async () => {
  openConnections(served.kernel, '10.0.0.11', 2);
  const { out } = await fairlead('services');
  expect(out.split('\n')).toHaveLength(5);
  expect(out).toMatch(
    /^service +state +up +active +inactive +total +listeners\nweb +up +2\/2 +2 +0 +0 +tcp:\/\/10\.0\.0\.100:80\n/,
  );
  expect((await fairlead('services', 'web')).out).toMatch(
    /^web\n {2}tcp:\/\/10\.0\.0\.100:80 {2}rr.*\n(.*\n){2} {2}r2 +unchecked/,
  );
  expect(JSON.parse((await fairlead('services', '--json')).out)).toMatchObject([{ name: 'web' }, {}, {}]);
  expect((await fairlead('servers', 'web')).out).toMatch(
    /^server .*\nweb\/r1 +10\.0\.0\.11 +unchecked +1 +2 +0 +0 +no check is configured\nweb\/r2 .*\n$/,
  );
  expect(JSON.parse((await fairlead('servers', '--health', 'up', '--json')).out)).toMatchObject([
    { service: 'checked', health: 'up' },
  ]);
  expect(await fairlead('servers', '--health', 'well')).toMatchObject({ code: 2 });
});

test.each([['services'], ['servers'], ['top', '--once']])(
  '%j: a name that is nearly right is told',
  async (...words) => {
    const { code, err } = await fairlead(...words, 'wbe');
    expect(code).toBe(2);
    expect(err).toContain('service "wbe" does not exist; there are: web, dns, checked; did you mean "web"?');
  },
);

test('top prints one frame where there is no terminal, and says so without --once', async () => {
  const { code, out } = await fairlead('top', '--once', '--sort', 'service');
  expect(code).toBe(0);
  expect(out).toMatch(/\n {2}service▲ .*\n {2}checked .*\n {2}dns .*\n {2}web .*\n$/);
  expect(await fairlead('top')).toMatchObject({ code: 2, out: '' });
  expect((await fairlead('top', '--once', '--sort', 'activ')).err).toContain('did you mean "active"?');
  expect((await fairlead('top', '--once', '--screen', 'x')).err).toContain('--screen is one of services, servers');
  expect((await fairlead('top', '--once', '--interval', '1h')).err).toContain('--interval wants 500ms to 60s');
});

test('connections as a table and as lines of JSON; what a limit left out is told', async () => {
  served.kernel.ipvs.connectionTable = [40000, 40001].map((clientPort) => ({
    protocol: 'tcp',
    client: '192.0.2.7',
    clientPort,
    virtual: '10.0.0.100',
    virtualPort: 80,
    destination: '10.0.0.11',
    destinationPort: 80,
    state: 'ESTABLISHED',
    expiresS: 900,
    engine: null,
  }));
  const row = 'tcp       192.0.2.7:40000  10.0.0.100:80  10.0.0.11:80  ESTABLISHED  900 s    web/r1';
  expect((await fairlead('connections', '--service', 'web', '--state', 'established')).out).toContain(`\n${row}\n`);
  const limited = await fairlead('connections', '--limit', '1');
  expect(limited.out.split('\n')).toHaveLength(3);
  expect(limited).toMatchObject({ code: 0, err: 'there are more (--limit); shown: 1 connection\n' });
  const lines = (await fairlead('connections', '--json')).out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).end ?? 'row')).toEqual(['row', 'row', 'complete']);
  expect(await fairlead('connections', '--limit', 'all')).toMatchObject({ code: 2 });
  expect(await fairlead('connections', '--service', 'wbe')).toMatchObject({ code: 2, out: '' });
});

test('predict tells clients, counts, and who moves', async () => {
  await served.stop();
  const services = `services:
  - { name: web, listen: ["tcp://10.0.0.100:80"], scheduler: mh, servers: [{ name: r1, address: 10.0.0.11 }, { name: r2, address: 10.0.0.12 }] }
`;
  served = await servedDirector({ services });
  const { out } = await fairlead('predict', '192.0.2.0/26', 'web', '--without', 'r1');
  expect(out).toMatch(
    /^tcp:\/\/10\.0\.0\.100:80 {2}mh\n {2}client +server +without\n {2}192\.0\.2\.0 +r[12] \(10\.0\.0\.1[12]:80\) +r2 /,
  );
  expect(out).toContain('\n  and 32 clients more\n');
  expect(out).toMatch(/\n {2}r\d +\d+ of 64 clients\n/);
  expect(out).toMatch(/\nremoving r1 moves 50\.\d% of all clients; 0\.0% of the others .*; 0\.0% are refused\n$/);
  expect(JSON.parse((await fairlead('predict', '192.0.2.7', 'web', '--json')).out)).toMatchObject({ service: 'web' });
  expect(await fairlead('predict', 'nobody', 'web')).toMatchObject({ code: 2, out: '' });
});

test('metrics and one frame of top as JSON', async () => {
  const samples = JSON.parse((await fairlead('metrics', '--json')).out) as { name: string; value: string }[];
  expect(samples).toContainEqual({ name: 'fairlead_up', labels: {}, value: '1' });
  expect(samples).toContainEqual({ name: 'fairlead_service_servers', labels: { service: 'web' }, value: '2' });
  const once = JSON.parse((await fairlead('top', '--once', '--json')).out);
  expect(once).toMatchObject({ status: { services: [{ name: 'web' }, {}, {}] } });
  expect(Object.keys(once.rates)).toContain('tcp://10.0.0.100:80');
  expect(await fairlead('top', '--json')).toMatchObject({ code: 2, out: '' });
});

test('a missing word is told with the help of its own command', async () => {
  expect(await fairlead('predict', '192.0.2.7')).toMatchObject({
    code: 2,
    err: "error: missing required argument 'service'\n(see fairlead predict --help)\n",
  });
});
