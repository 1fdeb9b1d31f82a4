import { describe, expect, test } from 'vitest';
import { CHECK_KINDS, CHECKS, type CheckKind } from '../../../src/config/checks/index.ts';
import { probe } from '../../support/probe/ask.ts';
import { LOGIN } from '../../support/probe/hostile.ts';
import { dialogue, fileWith, tcpServer } from '../../support/probe/stub.ts';

/** What a kind cannot do without. */
const GIVEN: Partial<Record<CheckKind, () => object>> = {
  dialogue: () => ({ steps: [{ send: 'hello', expect: 'x' }] }),
  mysql: LOGIN,
  ldap: () => ({ bind: 'cn=u', passwordFile: fileWith('s') }),
};
const KINDS = CHECK_KINDS.filter((kind) => 'proxy' in CHECKS[kind].settings.shape);

/** The first bytes that a server gets, as many as are wanted. */
function firstBytes(count: number): { readonly got: Promise<Buffer>; readonly serve: () => Promise<number> } {
  let tell: (bytes: Buffer) => void = () => {};
  const got = new Promise<Buffer>((resolve) => {
    tell = resolve;
  });
  const serve = () =>
    tcpServer((socket) => {
      let held = Buffer.alloc(0);
      socket.on('data', (part) => {
        held = Buffer.concat([held, part]);
        if (held.length < count) return;
        tell(held);
        socket.end();
      });
    });
  return { got, serve };
}

test('every kind that connects has it, but for those whose servers know no balancer', () => {
  const connect = CHECK_KINDS.filter((kind) => CHECKS[kind].to === 'tcp');
  expect(connect.filter((kind) => !KINDS.includes(kind))).toEqual(['syn', 'agent']);
});

describe.each(KINDS)('%s', (kind) => {
  test('begins with the header, version 1', async () => {
    const { got, serve } = firstBytes('PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n'.length);
    const port = await serve();
    await probe(kind, port, { ...GIVEN[kind]?.(), proxy: 'v1' });
    expect((await got).toString('latin1')).toMatch(
      new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}\r\n`),
    );
  });
  test('begins with the header, version 2, before TLS where it has that', async () => {
    const tls = 'tls' in CHECKS[kind].settings.shape && { tls: { verify: false } };
    const { got, serve } = firstBytes(16);
    await probe(kind, await serve(), { ...GIVEN[kind]?.(), ...tls, proxy: 'v2' });
    expect((await got).toString('hex')).toMatch(/^0d0a0d0a000d0a515549540a20000000(160301|$)?/);
  });
});

describe('tcp', () => {
  test('tells the server all of the header and then an end, and no reset', async () => {
    const heard: string[] = [];
    let tell: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const port = await tcpServer((socket) => {
      socket.on('data', (part) => heard.push(part.toString('latin1')));
      socket.on('error', () => heard.push('reset'));
      socket.on('end', () => heard.push('end'));
      socket.on('close', tell);
    });
    expect(await probe('tcp', port, { proxy: 'v1' })).toMatchObject({
      ok: true,
      outcome: 'connected',
      evidence: `connect to 127.0.0.1:${port} succeeded`,
    });
    await over;
    expect(heard).toEqual([expect.stringMatching(/^PROXY TCP4 .*\r\n$/), 'end']);
  });
  test('of a server that closes at once is good: it opened', async () => {
    const port = await tcpServer((socket) => void socket.end());
    for (let i = 0; i < 20; i++) expect(await probe('tcp', port, { proxy: 'v2' })).toMatchObject({ ok: true });
  });
  test('of nobody is told as without the header', async () => {
    expect(await probe('tcp', 1, { proxy: 'v1' })).toMatchObject({
      ok: false,
      phase: 'connect',
      outcome: 'refused',
      evidence: 'connect to 127.0.0.1:1 refused',
    });
  });
});

test('sentinels get no header of the server', async () => {
  const firsts: string[] = [];
  const sentinel = await tcpServer((socket) =>
    socket.once('data', (part) => {
      firsts.push(part.toString('latin1'));
      socket.end('-ERR no\r\n');
    }),
  );
  const port = await dialogue(null, '+PONG\r\n', '+PONG\r\n');
  const sentinels = { master: 'cache', addresses: [{ address: '127.0.0.1', port: sentinel }] };
  await probe('redis', port, { proxy: 'v1', sentinels });
  expect(firsts).toEqual([expect.stringMatching(/^\*3\r\n/)]);
});
