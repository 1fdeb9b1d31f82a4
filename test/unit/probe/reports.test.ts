import { describe, expect, test } from 'vitest';
import { readReport } from '../../../src/probe/report.ts';
import { probe } from '../../support/probe/ask.ts';
import { dialogue, fileWith, tcpServer } from '../../support/probe/stub.ts';

describe('a report', () => {
  test.each([
    ['up', { up: true }],
    ['75%', { up: null, weight: { percent: 75 } }],
    ['up 50%', { up: true, weight: { percent: 50 } }],
    ['ready,100%', { up: true, admin: 'ready', weight: { percent: 100 } }],
    ['drain', { up: null, admin: 'drain' }],
    ['maint', { up: null, admin: 'maint' }],
    ['down #overload 90%', { up: false }],
    ['stopped', { up: false }],
    ['fail', { up: false }],
    ['UP\t10%', { up: true, weight: { percent: 10 } }],
    ['maxconn:30 up', { up: true }],
    ['', { up: null }],
  ])('"%s"', (line, report) => expect(readReport(line)).toEqual({ unknown: [], ...report }));
  test('tells what it does not know', () => expect(readReport('up soon').unknown).toEqual(['soon']));
});

describe('agent', () => {
  test('weight and administrative state go into the finding', async () => {
    expect(await probe('agent', await dialogue('up 30%\n'))).toMatchObject({ ok: true, weight: { percent: 30 } });
    expect(await probe('agent', await dialogue('drain\n'))).toMatchObject({ ok: true, admin: 'drain' });
    const said = await probe('agent', await dialogue('down #full\n'));
    expect(said).toMatchObject({ ok: false, outcome: 'down', evidence: expect.stringContaining('says "down #full"') });
  });
  test('a line may end with the connection, and a request may come first', async () => {
    expect(await probe('agent', await tcpServer((socket) => void socket.end('ready')))).toMatchObject({
      ok: true,
      admin: 'ready',
    });
    const heard: string[] = [];
    const port = await tcpServer((socket) =>
      socket.on('data', (data) => {
        heard.push(String(data));
        socket.write('up\n');
      }),
    );
    expect(await probe('agent', port, { send: 'web1' })).toMatchObject({ ok: true });
    expect(heard).toEqual(['web1\n']);
  });
});

describe('file', () => {
  test.each([
    ['up\n', { ok: true, outcome: 'up' }],
    ['down\n', { ok: false, outcome: 'down' }],
    ['drain\nmore\n', { ok: true, admin: 'drain' }],
    ['40%', { ok: true, weight: { percent: 40 } }],
    ['7\n', { ok: true, weight: { absolute: 7 } }],
    ['0', { ok: true, weight: { absolute: 0 } }],
    ['-1', { ok: false, outcome: 'down' }],
    ['', { ok: false, outcome: 'unreadable' }],
    ['what?', { ok: false, outcome: 'unreadable' }],
  ])('%j', async (content, finding) => {
    expect(await probe('file', 0, { path: fileWith(content) })).toMatchObject(finding);
  });
  test('a missing file is down', async () => {
    expect(await probe('file', 0, { path: '/nowhere/at/all' })).toMatchObject({ ok: false, outcome: 'missing' });
  });
});

describe('script', () => {
  const sh = (text: string, more: object = {}) => ({ command: ['/bin/sh', '-c', text], ...more });
  test('0 is good, the rest is bad, and the last line is the evidence', async () => {
    expect(await probe('script', 80, sh('echo fine'))).toMatchObject({
      ok: true,
      evidence: '/bin/sh ended with 0: fine',
    });
    expect(await probe('script', 80, sh('echo broken >&2; exit 3'))).toMatchObject({ ok: false, outcome: 'exit-3' });
  });
  test('as misc_dynamic, 2 to 255 are weights', async () => {
    expect(await probe('script', 80, sh('exit 12', { dynamic: true }))).toMatchObject({
      ok: true,
      weight: { absolute: 10 },
    });
    expect(await probe('script', 80, sh('exit 2', { dynamic: true }))).toMatchObject({
      ok: true,
      weight: { absolute: 0 },
    });
    expect(await probe('script', 80, sh('exit 1', { dynamic: true }))).toMatchObject({ ok: false, outcome: 'exit-1' });
    const fine = await probe('script', 80, sh('exit 0', { dynamic: true }));
    expect(fine).toMatchObject({ ok: true });
    expect(fine.weight).toBeUndefined();
  });
  test('it is told which server it is about', async () => {
    const said = await probe('script', 8080, sh('echo $FAIRLEAD_SERVER_ADDRESS $FAIRLEAD_SERVER_PORT'));
    expect(said.evidence).toContain('127.0.0.1 8080');
  });
  test('one that takes too long is ended and bad', async () => {
    expect(await probe('script', 80, sh('sleep 30'), 200)).toMatchObject({ ok: false, outcome: 'timeout' });
  });
});
