import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { LIMITS } from '../../../src/config/document.ts';
import { formatIssue } from '../../../src/config/issue.ts';
import { netmaskFor } from '../../../src/config/netmask.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { renderConfig } from '../../../src/config/print.ts';
import { configInput, yamlish } from './arbitrary.ts';

const examples = new URL('../../../examples/', import.meta.url);

function good(text: string) {
  const parsed = parseConfig(text, 'f.yaml');
  if (!parsed.ok) throw new Error(parsed.error.map(formatIssue).join('\n'));
  return parsed.value;
}

const bad = (text: string) => {
  const parsed = parseConfig(text, 'f.yaml');
  return parsed.ok ? [] : parsed.error;
};

describe('a good file', () => {
  for (const name of readdirSync(examples).filter((file) => file.endsWith('.yaml'))) {
    it(`examples/${name} has neither mistakes nor warnings`, () => {
      const { config, warnings } = good(readFileSync(new URL(name, examples), 'utf8'));
      expect(warnings.map(formatIssue)).toEqual([]);
      expect(config.services.length + config.instances.length).toBeGreaterThan(0);
    });
  }

  it('becomes the program’s form', () => {
    const { config } = good(`
addresses: [{ address: "2001:DB8::0:1", interface: eth0 }]
services:
  - name: web
    listen: [tcp://10.0.0.100:80, fwmark6://7]
    persistence: {}
    check: { http: { status: [200, 300-399] }, every: 1.5s, port: 80 }
    servers: [{ address: 10.0.0.11 }, { address: "2001:db8::11" }]`);
    expect(config.addresses).toEqual([{ address: { address: '2001:db8::1', prefix: 128 }, interface: 'eth0' }]);
    expect(config.director.resync).toBe(5000);
    const [service] = config.services;
    expect(service?.listen).toEqual([
      { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
      { kind: 'fwmark', mark: 7, family: 'inet6' },
    ]);
    expect(service?.persistence).toEqual({ timeout: 360_000 });
    expect(service?.check).toMatchObject({ every: 1500, timeout: 1000, port: 80 });
    expect(service?.check).toMatchObject({
      http: {
        status: [
          [200, 200],
          [300, 399],
        ],
      },
    });
  });

  it('is the same again after it was written out', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(configInput, (input) => {
        const { config } = good(stringify(input));
        expect(good(renderConfig(config)).config).toEqual(config);
      }),
      { numRuns: 80 },
    );
  });

  it('may use anchors', () => {
    const text = 'services:\n- {name: a, listen: [fwmark://1], servers: &s [{address: 10.0.0.1}]}\n';
    const { config } = good(`${text}- {name: b, listen: [fwmark://2], servers: *s}\n`);
    expect(config.services.map((service) => service.servers)).toEqual([
      [{ address: '10.0.0.1', weight: 1 }],
      [{ address: '10.0.0.1', weight: 1 }],
    ]);
  });

  it('may begin with a byte order mark and end its lines with CR LF', () => {
    expect(good('\ufeffservices: []\r\naddresses: []\r\n').config.services).toEqual([]);
  });
});

describe('any text', () => {
  it('is answered without an exception, with places inside the text', () => {
    fc.assert(
      fc.property(yamlish, (text) => {
        const lines = text.split('\n').length;
        for (const issue of bad(text)) {
          expect(issue.line).toBeGreaterThanOrEqual(1);
          expect(issue.line).toBeLessThanOrEqual(lines);
          expect(issue.column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of a good file with pieces cut out is answered too', () => {
    const text = readFileSync(new URL('everything.yaml', examples), 'utf8');
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(80),
        fc.constantFrom('', '[', '- ', ': ', '"', '*https', '\n'),
        (at, cut, put) => {
          parseConfig(text.slice(0, at) + put + text.slice(at + cut), 'f.yaml');
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['text that is too long', 'a'.repeat(LIMITS.characters + 1), 'too-large'],
    ['deep lists', '['.repeat(200_000), 'too-deep'],
    ['deep maps', '{a: '.repeat(200_000), 'too-deep'],
    ['deep block lists', '- '.repeat(100_000), 'too-deep'],
    ['deep keys', '? '.repeat(100_000), 'too-deep'],
    [
      'a chain of aliases',
      Array.from({ length: 999 }, (_, i) => `- &a${i + 1} [*a${i}]`)
        .join('\n')
        .replace('*a0', '0'),
      'too-deep',
    ],
    ['a circle', 'services: &a [*a]', 'syntax'],
    ['nothing', '', 'empty'],
    ['a null', '~', 'empty'],
    ['one word', 'services', 'wrong-type'],
  ])('of %s is refused', (_, text, code) => {
    expect(bad(text).map((issue) => issue.code)).toEqual([code]);
  });

  it('with very many mistakes lists them all', { timeout: 60_000 }, () => {
    const text = `services:\n${'- { name: "", nam: 1 }\n'.repeat(2_000)}`;
    expect(bad(text)).toHaveLength(8_000);
  });

  it('treats names of object members as keys like any other', () => {
    const issues = bad('__proto__: 1\nconstructor: 2\nservices: [{ name: a, toString: 1, listen: [], servers: [] }]');
    expect(issues.map((issue) => issue.code).sort()).toEqual([
      'empty-list',
      'empty-list',
      ...Array(3).fill('unknown-key'),
    ]);
  });
});

describe('netmaskFor', () => {
  it.each([
    [undefined, 'inet', '255.255.255.255'],
    [undefined, 'inet6', '128'],
    [24, 'inet', '255.255.255.0'],
    [1, 'inet', '128.0.0.0'],
    [23, 'inet', '255.255.254.0'],
    [32, 'inet', '255.255.255.255'],
    [64, 'inet6', '64'],
    ['255.255.0.0', 'inet', '255.255.0.0'],
    ['255.255.0.0', 'inet6', '128'],
  ] as const)('%s for %s is %s', (mask, family, expected) => {
    expect(netmaskFor(mask, family)).toBe(expected);
  });
});
