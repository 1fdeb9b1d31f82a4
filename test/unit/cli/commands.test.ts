import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { openConnections, type ServedDirector, servedDirector } from '../../support/api.ts';

/** Commands that ask a daemon, over its real socket. */

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

async function fairlead(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), terminal: false };
  return { code: await main([...words, '--socket', served.socket], io), out, err };
}

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
  expect(err).toContain('server "r9" does not exist; there are: r1, r2 (not-found)');
});
