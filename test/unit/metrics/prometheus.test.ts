import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { negotiate } from '../../../src/metrics/negotiate.ts';
import { CONTENT_TYPES, type Format, render } from '../../../src/metrics/render.ts';
import { familiesFor } from '../../../src/metrics/table.ts';
import { COMPAT, type Compat } from '../../../src/model/metrics.ts';
import { parse, scene } from '../../support/metrics.ts';
import { Prometheus } from '../../support/prometheus.ts';

/** Debian's Prometheus itself reads both forms, everything that can be told in them. */

const text = (format: Format): string =>
  [...render(familiesFor(Object.keys(COMPAT) as Compat[]), scene(), format)].join('');

test('Prometheus prefers OpenMetrics, and takes every sample of it and of its own form', async () => {
  const asked = new Map<string, Format>();
  // At /text everybody gets plain text.
  const server = createServer(({ url = '', headers }, answer) => {
    asked.set(url, negotiate(headers.accept));
    const format = url === '/text' ? 'prometheus' : negotiate(headers.accept);
    answer.writeHead(200, { 'content-type': CONTENT_TYPES[format] }).end(text(format));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const targets = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
  const job = (name: string) => ({ job_name: name, metrics_path: `/${name}`, static_configs: [{ targets }] });
  const prometheus = await Prometheus.start({
    global: { scrape_interval: '1s' },
    scrape_configs: [job('metrics'), job('text')],
  });
  onTestFinished(() => prometheus.stop());
  await prometheus.scraped(2, 1);

  expect(asked.get('/metrics')).toBe('openmetrics');
  for (const [name, format] of [
    ['metrics', 'openmetrics'],
    ['text', 'prometheus'],
  ] as const) {
    const count = String(parse(text(format)).samples.length);
    expect(await prometheus.query(`up{job="${name}"}`)).toMatchObject([{ value: '1' }]);
    expect(await prometheus.query(`scrape_samples_scraped{job="${name}"}`)).toMatchObject([{ value: count }]);
    // What only 64 bits hold is a float there.
    const bytes = `fairlead_listener_received_bytes_total{job="${name}", listener="tcp://10.0.0.100:80"}`;
    expect(await prometheus.query(bytes)).toMatchObject([{ value: '18446744073709552000' }]);
  }
});
