import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ServedDirector, servedDirector } from '../../support/api.ts';
import { command, type Ended } from '../../support/command.ts';

/** Commands that set something on top of the file, over the daemon's real socket. */

let served: ServedDirector;
beforeEach(async () => {
  served = await servedDirector();
});
afterEach(() => served.stop());

const fairlead = (...words: string[]): Promise<Ended> => command([...words, '--socket', served.socket]);

test('weight, pin, drain and maintenance are listed with who, why and how long; status and explain tell them', async () => {
  expect(await fairlead('weight', 'web', 'r1', '5', '--reason', 'new box')).toEqual({
    code: 0,
    out: 'web/r1 has weight 5; in the kernel: 5\n',
    err: '',
  });
  expect((await fairlead('pin', 'web', 'r1', 'up', '--for', '5h')).out).toBe('web/r1 is pinned up\n');
  expect((await fairlead('drain', 'web', 'r2')).code).toBe(0);
  expect((await fairlead('maintenance', 'on', 'dns')).out).toBe('dns is in maintenance\n');
  expect((await fairlead('maintenance', 'on', '--reason', 'new kernel')).out).toContain('maintenance is on');
  const { out } = await fairlead('overrides');
  expect(
    out.split('\n').map((line) =>
      line
        .replace(/\d\.\d s/, 'AGO')
        .replace(/(user|uid) \w+/, 'WHO')
        .replace(/ +/g, ' '),
    ),
  ).toEqual([
    ' override value for by why',
    ' weight:server/web/r1 5 AGO WHO new box',
    ' state:server/web/r1 up AGO (5 h left) WHO ',
    ' drain:server/web/r2 - AGO WHO ',
    ' maintenance:service/dns - AGO WHO ',
    ' maintenance:director - AGO WHO new kernel',
    'revision 5',
    '',
  ]);
  const status = (await fairlead('status')).out;
  expect(status).toContain('overrides\n');
  expect(status).toMatch(/r1 +unchecked, pinned up +5 .*pinned up, weight 5 in place of 1 \(/);
  expect(status).toMatch(/r2 +unchecked, drained +0/);
  expect((await fairlead('explain', '192.0.2.7', 'web')).out).toContain('drained, as the operator set it');
});

test('they are taken back by their own commands, by id, or all at once', async () => {
  await fairlead('weight', 'web', 'r1', '5');
  expect((await fairlead('weight', 'web', 'r1', '--clear')).out).toContain('has the weight of its file again');
  await fairlead('pin', 'web', 'r1', 'down');
  expect((await fairlead('pin', 'web', 'r1', 'off')).out).toBe('web/r1 is as its checks say again\n');
  await fairlead('maintenance', 'on', 'web', 'r1');
  expect((await fairlead('maintenance', 'off', 'web', 'r1')).out).toContain('is in service again');
  expect((await fairlead('overrides')).out).toBe('no overrides: everything is as the file says\nrevision 6\n');
  await fairlead('drain', 'web', 'r1');
  await fairlead('drain', 'web', 'r2', '--reason', 'x');
  expect((await fairlead('overrides', '--clear', 'drain:server/web/r1')).out).toBe('drain:server/web/r1 is cleared\n');
  expect((await fairlead('overrides', '--clear', '--orphans')).out).toBe('nothing to clear\n');
  const { out } = await fairlead('overrides', '--json');
  expect(JSON.parse(out)).toMatchObject({ revision: 9, overrides: [{ id: 'drain:server/web/r2', reason: 'x' }] });
  expect((await fairlead('overrides', '--clear', '--all')).out).toBe('drain:server/web/r2 is cleared\n');
});

describe('what is wrong is said with its exit code, and changes nothing', () => {
  test.each([
    [['weight', 'web', 'r1'], 2, 'expected a weight such as 5, or --clear'],
    [['weight', 'web', 'r1', 'much'], 2, 'got "much"'],
    [['weight', 'web', 'r1', '5', '--clear'], 2, 'expected a weight such as 5, or --clear'],
    [['weight', 'web', 'r9', '5'], 2, 'there are: r1, r2; did you mean "r1"? (not-found)'],
    [['pin', 'web', 'r1', 'sideways'], 2, 'expected up, down or off'],
    [['drain', 'web', 'r1', '--for', '5'], 2, '--for wants a duration such as 30m'],
    [['maintenance', 'perhaps'], 2, 'expected on or off'],
    [['maintenance', 'on', 'web', '--instance', 'edge'], 2, 'got both: web and edge'],
    [['overrides', '--clear'], 2, '--clear takes ids'],
    [['overrides', '--clear', 'drain:server/web/r1'], 2, 'override "drain:server/web/r1" does not exist'],
  ])('%j', async (words, code, text) => {
    const answer = await fairlead(...words);
    expect(answer.code).toBe(code);
    expect(answer.err).toContain(text);
    expect(served.director.store.get().overrides.revision).toBe(0);
  });

  test.each([
    ['drain', 'web', 'r1'],
    ['undrain', 'web', 'r1'],
    ['drain', 'web'],
    ['undrain', 'web'],
    ['weight', 'web', 'r1', '5'],
    ['weight', 'web', 'r1', '--clear'],
    ['pin', 'web', 'r1', 'up'],
    ['pin', 'web', 'r1', 'off'],
    ['maintenance', 'on', 'web', 'r1'],
    ['maintenance', 'on', 'web'],
    ['maintenance', 'on'],
    ['overrides', '--clear', '--all'],
  ])(
    '%s %s %s %s: made of a revision that is no longer, it changes nothing; of the present one it is done',
    async (...words) => {
      await fairlead('drain', 'dns', '10.0.0.13');
      const stale = await fairlead(...words, '--if-revision', '0');
      expect(stale).toMatchObject({ code: 7, err: expect.stringContaining('(revision-stale)') });
      expect(served.director.store.get().overrides.revision).toBe(1);
      expect(await fairlead(...words, '--if-revision', 'x')).toMatchObject({ code: 2 });
      expect(await fairlead(...words, '--if-revision', '1')).toMatchObject({ code: 0 });
    },
  );

  test('a contradiction is refused by policy, with the way out', async () => {
    await fairlead('maintenance', 'on', 'web', 'r1');
    const { code, err } = await fairlead('drain', 'web', 'r1');
    expect(code).toBe(7);
    expect(err).toContain('`fairlead overrides --clear maintenance:server/web/r1`');
  });

  test.each([
    [['maintenance', 'on'], 'maintenance:director'],
    [['maintenance', 'on', '--instance', 'edge'], 'maintenance:instance/edge'],
  ])('failover after %j is refused, with the way out', async (words, id) => {
    await served.stop();
    served = await servedDirector({
      services: 'instances: [{ name: edge, interface: eth0, vrid: 51, addresses: [10.0.0.100/24] }]\n',
    });
    expect((await fairlead(...words)).code).toBe(0);
    const { code, err } = await fairlead('failover', 'edge');
    expect({ code, err }).toEqual({ code: 7, err: expect.stringContaining(`\`fairlead overrides --clear ${id}\``) });
    expect((await fairlead('failover', 'egde')).err).toContain('did you mean "edge"?');
  });
});
