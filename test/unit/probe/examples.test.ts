import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { probe } from '../../support/probe/ask.ts';
import { dialogue, udpServer } from '../../support/probe/stub.ts';

/** The checks of protocols that have no kind of their own, as docs/health.md shows them, and servers that speak them. */

const page = readFileSync(new URL('../../../docs/health.md', import.meta.url), 'utf8');
const examples = page.slice(page.indexOf('## As others have it')).split('```')[1]?.replace(/^yaml/, '') ?? '';
const { services } = parse(examples) as {
  readonly services: readonly { readonly name: string; readonly check: Readonly<Record<string, object>> }[];
};
const asks = (name: string, kind: string): object => {
  const settings = services.find((service) => service.name === name)?.check[kind];
  if (settings === undefined) throw new Error(`docs/health.md shows no service ${name} that is asked by ${kind}`);
  return settings;
};

/** A request of RFC 3261 7.1 with all that 8.1.1 demands. */
const isOptions = (request: string): boolean => {
  const [first = '', ...lines] = request.split('\r\n');
  const names = lines.slice(0, lines.indexOf('')).map((line) => /^([A-Za-z-]+): \S/.exec(line)?.[1]);
  return (
    /^OPTIONS sip:\S+ SIP\/2\.0$/.test(first) &&
    request.endsWith('\r\n\r\n') &&
    ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq'].every((name) => names.includes(name)) &&
    !names.includes(undefined)
  );
};

describe('examples of the documentation', () => {
  test.each<[string, string, boolean]>([
    ['SIP', 'SIP/2.0 200 OK\r\n', true],
    ['SIP, busy', 'SIP/2.0 503 Service Unavailable\r\n', false],
  ])('%s', async (_, answer, ok) => {
    const port = await udpServer((request) => (isOptions(request.toString('latin1')) ? Buffer.from(answer) : null));
    expect(await probe('udp', port, asks('sip', 'udp'), ok ? undefined : 1000)).toMatchObject({ ok });
  });
  test.each<[string, string, readonly (string | null)[], string]>([
    ['NNTP', 'news', ['201 news\r\n', '211 3 1 3 example.test\r\n', '205 bye\r\n'], 'dialogue'],
    ['NNTP without the group', 'news', ['200 news\r\n', '411 no such group\r\n', null], 'ended'],
    ['a proxy', 'proxy', [null, 'HTTP/1.1 301 Moved\r\n\r\n'], 'dialogue'],
    ['a proxy that reaches nobody', 'proxy', [null, 'HTTP/1.1 503 Nobody\r\n\r\n', null], 'ended'],
    ['a queue', 'queue', [null, 'state: fine\r\n'], 'dialogue'],
    ['a queue that is degraded', 'queue', [null, 'state: DEGRADED\r\n'], 'unwanted'],
  ])('%s', async (_, name, [greeting = null, ...answers], outcome) => {
    expect(await probe('dialogue', await dialogue(greeting, ...answers), asks(name, 'dialogue'), 5000)).toMatchObject({
      ok: outcome === 'dialogue',
      outcome,
    });
  });
});
