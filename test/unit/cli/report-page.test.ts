import { expect, test } from 'vitest';
import type { ObjectReport, Report, WindowReport } from '../../../src/availability/report.ts';
import { renderPage } from '../../../src/cli/report-page.ts';

const NASTY = `<img src=x onerror="alert('1')">&amp;`;

const window = (change: Partial<WindowReport> = {}): WindowReport => ({
  ...{ upSeconds: 86_000, downSeconds: 400, plannedSeconds: 0, unobservedSeconds: 0, incidents: 2 },
  ...{ availability: 0.9953, nines: 2.3, mtbfSeconds: 43_000, mttrSeconds: 200, budget: null },
  ...change,
});

const object = (kind: string, name: string, change: Partial<ObjectReport> = {}): ObjectReport => ({
  ...{ kind, name, condition: 'up', why: '', incidents: [] },
  windows: { day: window(), '30d': window(), year: window() },
  ...change,
});

const SPENT = {
  targetPercent: 99.99,
  allowedMinutes: 4.3,
  usedMinutes: 6.7,
  text: '99.99% of 30 days = 4.3 min; used 6.7 min',
};

const REPORT: Report = {
  at: '2026-11-29T12:00:00Z',
  objects: [
    object('service', 'web', { windows: { day: window(), '30d': window({ budget: SPENT }), year: window() } }),
    object('service', NASTY, { condition: 'down', why: NASTY }),
    object('server', 'web/web1', {
      condition: 'down',
      why: 'connect to 10.0.0.11:80 refused 3 times in 2.4 s',
      incidents: [
        {
          ...{ kind: 'down', start: '2026-11-29T11:58:00Z', end: null, seconds: 120, cause: NASTY },
          ...{ detectionSeconds: 2.4, by: 'its check' },
        },
      ],
    }),
    object('address', '10.0.0.100/24', {
      windows: {
        day: window({ availability: null, mtbfSeconds: null, mttrSeconds: null }),
        '30d': window({ availability: null }),
        year: window({ availability: null, incidents: 0 }),
      },
    }),
  ],
};

const span = (seconds: number | null): string => (seconds === null ? '-' : `${seconds} s`);
const page = renderPage(REPORT, NASTY, span);

test('whatever a name holds is text: no element, no attribute, no script of it', () => {
  expect(page).not.toContain('<img');
  expect(page.match(/&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;amp;/g)?.length).toBe(5);
});

test('nothing comes from elsewhere: no address, and a policy that would forbid it', () => {
  const own = page.replaceAll(/&lt;.*?&gt;/g, '');
  expect(own).not.toMatch(/\b(src|href|url|@import)\b\s*[=(]/);
  expect(own).not.toMatch(/https?:/);
  expect(own).not.toContain('<script');
  expect(own).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('light and dark, and narrow screens', () => {
  expect(page).toContain('color-scheme: light dark');
  expect(page).toContain('prefers-color-scheme: dark');
  expect(page).toContain('name="viewport"');
});

test('each kind has its table; a spent budget and an incident that goes on stand out', () => {
  expect([...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual([
    ...['Services', 'Servers', 'Addresses', 'Incidents'],
  ]);
  expect(page).toContain('<span class="spent">99.99% of 30 days = 4.3 min; used 6.7 min</span>');
  expect(page).toMatch(/<th>server web\/web1<\/th><td class="down">down from 2026-11-29T11:58:00Z for .* so far: /);
  // Every element that is opened is closed.
  for (const tag of ['table', 'tr', 'td', 'th', 'span', 'small', 'div', 'thead', 'tbody'])
    expect(page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(
      page.match(new RegExp(`</${tag}>`, 'g'))?.length,
    );
});

test('a daemon that just began has a page too', () => {
  const empty = renderPage({ at: '2026-11-29T12:00:00Z', objects: [] }, 'lb1', span);
  expect(empty).toContain('Nothing was observed yet.');
  expect(empty).toContain('<p>None.</p>');
});
