import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { programProblems } from '../../../src/daemon/programs/trust.ts';
import { fileWith, desired as fromFile } from '../../support/decide.ts';
import {
  CHECK,
  dead,
  directory,
  file,
  running,
  service,
  started,
  table,
  until,
} from '../../support/memory-director.ts';

/** Hooks of servers in a whole daemon, with programs of this machine. */

const NAMED = '[{ name: a, address: 10.0.0.11 }, { name: b, address: 10.0.0.12 }]';

function script(): { readonly path: string; lines(): string[] } {
  const [path, out] = [join(directory, 'hook'), join(directory, 'out')];
  const text = `#!/bin/sh\necho "$1 $FAIRLEAD_KIND $FAIRLEAD_SERVICE/$FAIRLEAD_SERVER $FAIRLEAD_STATE $FAIRLEAD_WHY" >> ${out}\n`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  writeFileSync(out, '');
  return { path, lines: () => readFileSync(out, 'utf8').split('\n').slice(0, -1) };
}

test('run at the first result, at a death and at a return; a restart runs nothing for what is as it was', async () => {
  const { path, lines } = script();
  const notify = `notify: { up: [${path}, "a b"], down: [${path}, c] }`;
  const text = file([service('web', 80, `${CHECK}, ${notify}`, NAMED)]);
  await started(text);
  await until(() => lines().length === 2, 'both are up');
  expect([...lines()].sort()).toEqual(['a', 'b'].map((name) => expect.stringContaining(`a b SERVER web/${name} UP`)));
  dead.add('10.0.0.12');
  await until(() => lines().length === 3, 'one is down');
  expect(lines()[2]).toMatch(/^c SERVER web\/b DOWN connect to 10\.0\.0\.12:80 refused/);

  await running.pop()?.stop();
  const second = await started(text);
  dead.delete('10.0.0.12');
  await until(() => lines().length === 4, 'it is back');
  expect(lines()[3]).toMatch(/^a b SERVER web\/b UP /);
  await until(() => '10.0.0.12:80' in (table()['10.0.0.100:80'] ?? {}), 'it serves');
  expect(lines()).toHaveLength(4);
  expect(second.store.events().filter(({ kind }) => kind === 'problem')).toEqual([]);
});

test('as root none of them may be a program that others can change', () => {
  vi.spyOn(process, 'geteuid').mockReturnValue(0);
  const { path } = script();
  chmodSync(path, 0o757);
  const untrusted = (service: Record<string, unknown>) =>
    programProblems(fromFile(fileWith({ check: { tcp: {} }, ...service }))).map(({ code }) => code);
  const servers = [{ address: '10.0.0.11' }, { address: '10.0.0.12' }];
  const own = (notify: unknown) => [{ address: '10.0.0.11', notify }, { address: '10.0.0.12' }];
  expect(untrusted({ servers, notify: { up: [path] } })).toEqual(['program-untrusted']);
  expect(untrusted({ servers, notify: { down: [path] } })).toEqual(['program-untrusted']);
  expect(untrusted({ servers: own({ down: [path] }) })).toEqual(['program-untrusted']);
  expect(untrusted({ servers, quorum: { up: [path] } })).toEqual(['program-untrusted']);
  expect(untrusted({ servers: own('none'), notify: { down: [path], user: 'nobody' } })).toEqual([]);
  expect(untrusted({ servers })).toEqual([]);
  vi.restoreAllMocks();
});
