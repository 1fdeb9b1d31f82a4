import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dashboard } from '../../../src/metrics/dashboard.ts';
import { renderMetricsReference } from '../../../src/metrics/docs.ts';
import { type Family, labelsOf } from '../../../src/metrics/family.ts';
import { render } from '../../../src/metrics/render.ts';
import { COMPAT_FAMILIES, familiesFor, OWN } from '../../../src/metrics/table.ts';
import { COMPAT, type Compat } from '../../../src/model/metrics.ts';
import { parse, type Sample, scene } from '../../support/metrics.ts';

const EVERYTHING = Object.keys(COMPAT) as Compat[];
const ours = Object.values(OWN).flat();
const text = (families: readonly Family[]): string => [...render(families, scene(), 'prometheus')].join('');
const samplesOf = (family: Family, samples: readonly Sample[]): Sample[] =>
  samples.filter(({ name }) => (family.histogram ? name.replace(/_(bucket|sum|count)$/, '') : name) === family.name);

describe('the tables', () => {
  test('every family has a sample, its labels and no others, and no series is there twice', () => {
    const { samples, types, helps } = parse(text(familiesFor(EVERYTHING)));
    for (const family of familiesFor(EVERYTHING)) {
      const found = samplesOf(family, samples);
      expect(found.length, family.name).toBeGreaterThan(0);
      for (const { labels, name } of found) {
        const expected = /_(sum|count)$/.test(name) && family.histogram ? [...family.subject.labels] : labelsOf(family);
        expect(Object.keys(labels), family.name).toEqual(expected);
      }
      expect(types.get(family.name)).toBe(family.type === 'info' ? 'gauge' : family.type);
      expect(helps.get(family.name)).toBeTruthy();
    }
    const series = samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
    expect(series.length).toBe(new Set(series).size);
  });

  test('names say what they are', () => {
    expect(new Set(ours.map(({ name }) => name)).size).toBe(ours.length);
    for (const { name, type, help } of ours) {
      expect(name).toMatch(/^(fairlead|process|nodejs)_[a-z_]+[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name.endsWith('_info'), name).toBe(type === 'info');
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|percent)\b/);
      expect(help).not.toMatch(/\.$/);
    }
  });

  test('each row says in one way where its numbers are', () => {
    for (const { name, value, states, parts, histogram } of familiesFor(EVERYTHING)) {
      expect([value, states, parts, histogram].filter((way) => way !== undefined).length, name).toBe(1);
    }
  });

  test('other names are told only where they are asked for', () => {
    expect(text(familiesFor([]))).not.toMatch(/keepalived|node_ipvs/);
    expect(text(familiesFor(['mehdy']))).not.toMatch(/node_ipvs|keepalived_lvs/);
    // Both exporters have it.
    expect(text(familiesFor(['mehdy', 'gen2brain'])).match(/^keepalived_up /gm)).toHaveLength(1);
  });
});

describe('what is told', () => {
  const { samples } = parse(text(familiesFor(EVERYTHING)));
  const value = (name: string, labels: Readonly<Record<string, string>>): string | undefined =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([key, word]) => one.labels[key] === word))
      ?.value;

  test('states are sets: one word is true', () => {
    const edge = samples.filter((one) => one.name === 'fairlead_instance_state' && one.labels.instance === 'edge');
    expect(edge.map(({ labels, value: is }) => [labels.state, is])).toEqual([
      ['init', '0'],
      ['backup', '0'],
      ['master', '1'],
      ['fault', '0'],
    ]);
    expect(value('fairlead_server_state', { server: '10.0.0.11', state: 'up' })).toBe('1');
    expect(value('fairlead_server_state', { service: 'dns', state: 'unchecked' })).toBe('1');
    expect(value('fairlead_server_drained', { server: 'two' })).toBe('1');
  });

  test('counters of 64 bits keep every digit', () => {
    expect(value('fairlead_listener_received_bytes_total', { listener: 'tcp://10.0.0.100:80' })).toBe(
      '18446744073709551615',
    );
  });

  test('a destination is told with its service and its server', () => {
    const labels = { service: 'web', listener: 'tcp://10.0.0.100:80', server: 'two', destination: '10.0.0.12:80' };
    expect(value('fairlead_destination_weight', labels)).toBe('0');
    expect(value('fairlead_service_servers_available', { service: 'web' })).toBe('1');
    expect(value('fairlead_service_fallback_active', { service: 'web' })).toBe('0');
  });

  test('with nothing up the fallback is told', () => {
    const down = { ...scene(), verdicts: new Map() };
    const dead = {
      ...down,
      target: {
        ...(down.target ?? scene().target),
        services: (down.target?.services ?? []).map((service) => ({
          ...service,
          destinations: service.destinations
            .slice(0, 1)
            .map((entry) => ({ ...entry, server: service.name === 'web' ? '10.0.0.99' : entry.server })),
        })),
      },
    } as ReturnType<typeof scene>;
    const told = [...render(familiesFor([]), dead, 'prometheus')].join('');
    expect(told).toContain('fairlead_service_fallback_active{service="web"} 1\n');
    expect(told).toContain('fairlead_service_servers_available{service="web"} 0\n');
  });

  test('a service that is not in the file is told without a name', () => {
    const foreign = scene();
    const text = [...render(familiesFor([]), { ...foreign, target: null }, 'prometheus')].join('');
    expect(text).toContain(
      'fairlead_destination_weight{service="",listener="udp://10.0.0.100:53",server="",destination="10.0.0.21:53"} 1\n',
    );
  });

  test('lateness has no sum, because nobody counted one', () => {
    expect(value('fairlead_vrrp_advert_lateness_seconds_bucket', { le: '0.00005' })).toBe('7');
    expect(value('fairlead_vrrp_advert_lateness_seconds_count', {})).toBe('10');
    expect(value('fairlead_vrrp_advert_lateness_seconds_sum', {})).toBeUndefined();
  });

  test('label texts are remembered, and forgotten when nobody asks any more', () => {
    const once = scene();
    const first = [...render(familiesFor([]), once, 'prometheus')].join('');
    expect([...render(familiesFor([]), once, 'prometheus')].join('')).toBe(first);
    const drained = { ...once, dump: once.dump && { ...once.dump, services: once.dump.services.slice(0, 1) } };
    expect([...render(familiesFor([]), drained, 'prometheus')].join('')).not.toContain('udp://10.0.0.100:53",server');
  });
});

/** Generated files equal what is generated now; UPDATE=1 rewrites them. */
function matches(path: string, generated: string): void {
  const file = new URL(`../../../${path}`, import.meta.url);
  if (process.env.UPDATE === '1') writeFileSync(file, generated);
  expect(readFileSync(file, 'utf8')).toBe(generated);
}

describe('generated files', () => {
  test('docs/metrics.md is current', () => matches('docs/metrics.md', renderMetricsReference()));
  test('examples/grafana/fairlead.json is current', () =>
    matches('examples/grafana/fairlead.json', `${JSON.stringify(dashboard(), null, 2)}\n`));

  test('the dashboard asks for every family of ours, and nothing else', () => {
    const asked = new Set(JSON.stringify(dashboard()).match(/\b(fairlead|process|nodejs)_\w+/g));
    const names = ours.map((family) => (family.histogram ? `${family.name}_bucket` : family.name));
    expect([...asked].sort()).toEqual([...new Set(names)].sort());
  });

  test('the reference names every family', () => {
    for (const family of [...ours, ...Object.values(COMPAT_FAMILIES).flat()])
      expect(renderMetricsReference()).toContain(`| \`${family.name}\` | ${family.type} |`);
  });
});
