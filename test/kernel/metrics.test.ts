import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeToken, renderTokens } from '../../src/api/access/tokens.ts';
import type { LabProcess } from '../../src/lab/client.ts';
import { ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { Authority } from '../support/certificates.ts';
import { GEN2BRAIN, MEHDY_LATER, MEHDY_PANELS } from '../support/dashboards.ts';
import {
  cleanDirector,
  type DirectorHost,
  fairlead,
  Load,
  type RunningDirector,
  startDirector,
  until,
  writeConfig,
} from '../support/director.ts';
import { lab } from '../support/lab.ts';
import { parse, type Sample } from '../support/metrics.ts';
import { expressionsOf, PROMETHEUS_FOLDER, Prometheus, selectorsOf } from '../support/prometheus.ts';

/** A pair of directors with services under load, scraped by Debian's Prometheus as docs/metrics.md has it (TLS, a token);
 *  and Debian's node_exporter beside one of them. */

const EXAMPLES = join(ROOT_DIRECTORY, 'examples');
const NODES = { director: '10.0.2.2', standby: '10.0.2.3' } as const;
const PORT = 8443;
const EXPORTER = 9100;

/** An instance that the other director knows nothing of. */
const STRANGER = `
  - { name: alone, interface: eth0, vrid: 52, advertise: 200ms, addresses: [10.0.2.101/24] }`;

const file = (host: DirectorHost): string => `
director: { name: ${host}, sync: { interface: eth0, role: both } }
api: { tokens: /run/fairlead/tokens, listen: [{ address: ${NODES[host]}, port: ${PORT}, tls: { cert: /run/fairlead/cert.pem, key: /run/fairlead/key.pem } }] }
metrics: { compat: [node_exporter, mehdy, gen2brain] }
instances:
  - { name: edge, interface: eth0, vrid: 51, priority: ${host === 'director' ? 150 : 100}, advertise: 200ms,
      addresses: [10.0.2.100/24, "fd00:2::100/64"], track: [{ script: [/bin/true] }] }${host === 'standby' ? STRANGER : ''}
services:
  - { name: web, listen: ["tcp://10.0.2.100:80"], scheduler: mh, availability: { target: 99.9 }, check: { tcp: {}, every: 1s, timeout: 900ms, rise: 1 },
      servers: [{ address: 10.0.2.11 }, { address: 10.0.2.12, weight: 3 }, { address: 10.0.2.13 }] }
  - { name: web6, listen: ["tcp://[fd00:2::100]:80"], servers: [{ address: "fd00:2::11" }, { address: "fd00:2::12" }], fallback: { address: "fd00:2::13" } }
  - { name: dns, listen: ["udp://10.0.2.100:53"], forward: nat, servers: [{ address: 10.0.2.11, port: 5353 }] }
  - { name: admin, listen: ["tcp://10.0.2.100:443"], panic: 90, quorum: {},
      check: { tcp: { tls: { verify: false } }, to: { address: ${NODES.director} }, port: ${PORT}, every: 2s, timeout: 1900ms, rise: 1, damping: { flaps: 9, within: 1m, hold: 10s } },
      servers: [{ address: 10.0.2.12 }] }
  - { name: marked, listen: ["fwmark://255", "fwmark6://255"], servers: [{ address: 10.0.2.13 }, { address: "fd00:2::13" }] }
`;

const folder = mkdtempSync(join(tmpdir(), 'fairlead-metrics-'));
const directors: RunningDirector[] = [];
const beside: LabProcess[] = [];
let prometheus: Prometheus;

const put = async (host: DirectorHost, name: string, text: string): Promise<void> => {
  const script = `umask 077; mkdir -p /run/fairlead && cat > /run/fairlead/${name}`;
  await lab.exec(host, ['sh', '-c', script], { input: text });
};

beforeAll(async () => {
  const authority = new Authority(folder, 'authority');
  const { token, row } = makeToken('prometheus', 'viewer', '2026-01-01');
  for (const [host, address] of Object.entries(NODES) as [DirectorHost, string][]) {
    const { certFile, keyFile } = authority.sign(host, `IP:${address}`);
    await put(host, 'cert.pem', readFileSync(certFile, 'utf8'));
    await put(host, 'key.pem', readFileSync(keyFile, 'utf8'));
    await put(host, 'tokens', renderTokens([row]));
    directors.push(await startDirector(file(host), host));
  }
  const collectors = ['--collector.disable-defaults', '--collector.ipvs', `--web.listen-address=:${EXPORTER}`];
  beside.push(await lab.spawn('director', [join(PROMETHEUS_FOLDER, 'prometheus-node-exporter'), ...collectors]));
  await beside[0]?.waitForLine(/Listening on/, 120_000);
  const load = await Load.start(40);
  await load.more(200);
  await load.stop();
  await lab.exec('client', ['curl', '-s', 'http://[fd00:2::100]/']);

  prometheus = await Prometheus.start(
    {
      // An emulated machine may take a while to answer.
      global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
      rule_files: [join(EXAMPLES, 'prometheus/fairlead.rules.yml')],
      scrape_configs: [
        {
          job_name: 'fairlead',
          scheme: 'https',
          authorization: { credentials_file: 'token' },
          tls_config: { ca_file: 'ca.pem' },
          static_configs: Object.entries(NODES).map(([host, address]) => ({
            targets: [`${address}:${PORT}`],
            labels: { node_name: host },
          })),
        },
      ],
    },
    { token, 'ca.pem': authority.pem },
  );
  await fairlead('reload');
  await prometheus.scraped(2);
}, 480_000);

afterAll(async () => {
  await prometheus?.stop();
  for (const each of beside) {
    each.kill();
    await each.exited;
  }
  for (const each of directors) await each.stop();
  await cleanDirector();
  await cleanDirector('standby');
  rmSync(folder, { recursive: true });
});

/** Those of the expressions that have no data. */
async function empty(expressions: readonly string[]): Promise<string[]> {
  let left = [...new Set(expressions)];
  const filled = async (): Promise<boolean> => {
    const still: string[] = [];
    for (const each of left) if ((await prometheus.query(each)).length === 0) still.push(each);
    left = still;
    return left.length === 0;
  };
  // A scrape that comes late takes everything away until the next.
  await until('all have data', filled, 30_000).catch(() => {});
  return left;
}

test('every panel of the dashboard that mehdy publishes has data, of each director', async () => {
  const nodes = await prometheus.labelValues('node_name', 'keepalived_up');
  expect(nodes).toEqual(['director', 'standby']);
  for (const node of nodes)
    expect(await empty([...MEHDY_PANELS, ...MEHDY_LATER].map((panel) => panel.replace('$node', node)))).toEqual([]);
  expect(await prometheus.query('keepalived_vrrp_state{ip_address="10.0.2.100"}')).toMatchObject([
    { metric: { iname: 'edge', intf: 'eth0', vrid: '51', node_name: 'director' }, value: '2' },
    { metric: { iname: 'edge', intf: 'eth0', vrid: '51', node_name: 'standby' }, value: '1' },
  ]);
});

test('so has every metric of gen2brain', async () => {
  for (const node of Object.keys(NODES))
    expect(await empty(GEN2BRAIN.map((panel) => panel.replace('$node', node)))).toEqual([]);
  const [sent] = await prometheus.query('irate(keepalived_vrrp_advert_sent{state="MASTER"}[1m])');
  expect(Number(sent?.value)).toBeGreaterThan(0);
});

test('every panel of our own dashboard has data', async () => {
  const file = join(EXAMPLES, 'grafana/fairlead.json');
  const expressions = expressionsOf(file, { $director: '.+', $__rate_interval: '1m' });
  expect(expressions.length).toBeGreaterThan(70);
  expect((await empty(expressions)).map((each) => /fairlead_\w+/.exec(each)?.[0])).toEqual([]);
});

test('all that our alerts ask for is there, they are evaluated without an error, and one fires when it should', async () => {
  const rules = await prometheus.rules();
  expect(rules.length).toBeGreaterThan(10);
  await prometheus.until('all alerts are evaluated', async () =>
    (await prometheus.rules()).every(({ health }) => health === 'ok'),
  );
  expect(await empty(rules.flatMap(({ query }) => selectorsOf(query)))).toEqual([]);

  const firing = async () =>
    (await prometheus.rules()).flatMap(({ name, state }) => (state === 'firing' ? [name] : []));
  expect(await firing()).toEqual([]);
  await writeConfig('services: nonsense');
  await lab.exec('director', ['fairlead', 'reload']);
  await prometheus.until(
    'the refused reload is alerted',
    async () => (await firing()).join() === 'FairleadReloadRefused',
  );
  await writeConfig(file('director'));
  await fairlead('reload');
});

const scraped = async (host: string, ...more: readonly string[]): Promise<Sample[]> => {
  const { code, stdout, stderr } = await lab.exec(host, ['curl', '-sSf', ...more]);
  if (code !== 0) throw new Error(`curl: ${stderr}`);
  return parse(stdout).samples.filter(({ name }) => name.startsWith('node_ipvs_'));
};
const sorted = (samples: readonly Sample[]): string[] =>
  samples
    .map(({ name, labels, value }) => `${name} ${JSON.stringify(Object.entries(labels).sort())} ${Number(value)}`)
    .sort();

/** Without SCTP, whose destinations node_exporter counts to the service before them. */
test('node_ipvs_* are those of node_exporter: the same series, labels and numbers', async () => {
  let ours: string[] = [];
  let theirs: string[] = [];
  // Connections that end meanwhile, and the kernel that renews its counters every 2 s, make them differ for a moment.
  const same = async (): Promise<boolean> => {
    theirs = sorted(await scraped('director', `http://127.0.0.1:${EXPORTER}/metrics`));
    const socket = ['--unix-socket', '/run/fairlead/fairlead.sock'];
    ours = sorted(await scraped('director', ...socket, 'http://fairlead/metrics'));
    return ours.join('\n') === theirs.join('\n');
  };
  await until('both tell the same', same).catch(() => expect(ours).toEqual(theirs));
  // Five totals, and three of each of nine destinations.
  expect(ours).toHaveLength(5 + 3 * 9);
  const text = ours.join('\n');
  for (const proto of ['TCP', 'UDP', 'FWM']) expect(text).toContain(`["proto","${proto}"]`);
  expect(text).toMatch(/^node_ipvs_connections_total \[\] [1-9]\d{2,}$/m);
  expect(text).toContain('["local_mark","000000FF"]');
});
