import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type OpenedLab, openLab } from '../../src/lab/lab.ts';
import { labDirectory, runningLabs } from '../../src/lab/runtime.ts';
import { web } from '../../src/lab/topologies/web.ts';
import { lab } from '../support/lab.ts';

/** The lab's other driver: namespaces on this kernel, which here is the guest's. */

const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;
const links = () => readdirSync('/sys/class/net').sort();

/** Network namespaces that some process is in. */
function namespaces(): Set<string> {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      found.add(readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

const page = (port: number | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (answer) => resolve(text(answer))).once('error', reject);
  });

describe('a lab in namespaces', () => {
  let before: { mounts: number; links: string[]; namespaces: number };
  let nested: OpenedLab;

  beforeAll(async () => {
    await lab.exec('root', ['ip', 'netns', 'add', 'nested-client']);
    before = { mounts: mounts(), links: links(), namespaces: namespaces().size };
    const local = { ...web, expose: [{ name: 'page', address: '10.0.2.11', port: 80 }] };
    nested = await openLab({ topology: local, driver: 'host', name: 'nested' });
  });

  afterAll(async () => {
    await nested.close();
    await lab.exec('root', ['ip', 'netns', 'delete', 'nested-client']);
  });

  test('runs commands in its hosts', async () => {
    const { stdout } = await nested.exec('client', ['curl', '-s', 'http://10.0.2.12/']);
    expect(stdout).toBe('web2\n');
  });

  test('does not touch the network it was started in', async () => {
    expect(links()).toEqual(before.links);
    expect((await nested.exec('root', ['ip', '-br', 'link', 'show', 'lan'])).code).toBe(0);
  });

  test('exposes an address on a port of 127.0.0.1', async () => {
    expect(await page(nested.exposed.page)).toBe('web1\n');
  });

  test('refuses a second lab of the same name', async () => {
    await expect(openLab({ topology: web, driver: 'host', name: 'nested' })).rejects.toThrow(
      'lab "nested" is there already',
    );
  });

  test('leaves nothing when it is closed, and nothing of others is gone', async () => {
    await nested.close();
    expect(links()).toEqual(before.links);
    expect(mounts()).toBe(before.mounts);
    await vi.waitFor(() => expect(namespaces().size).toBe(before.namespaces), 20_000);
    await vi.waitFor(() => expect(existsSync(labDirectory('nested'))).toBe(false), 20_000);
    // A namespace that only has a name like ours.
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain('/run/netns/nested-client');
  });
});

test('a lab whose process is killed at once leaves nothing', async () => {
  const before = { mounts: mounts(), namespaces: namespaces().size };
  const up = await lab.exec(
    'root',
    [process.execPath, 'dist/lab.js', 'up', 'web', '--driver', 'host', '--lab', 'victim'],
    {
      cwd: process.cwd(),
    },
  );
  expect(up).toMatchObject({ code: 0, stderr: '' });
  const victim = runningLabs().find(({ name }) => name === 'victim');
  expect(namespaces().size).toBeGreaterThan(before.namespaces);
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(namespaces().size).toBe(before.namespaces), 20_000);
  await vi.waitFor(() => expect(existsSync(labDirectory('victim'))).toBe(false), 20_000);
  expect(mounts()).toBe(before.mounts);
});

test('a topology with mistakes is refused before anything is touched', async () => {
  const broken = { ...web, hosts: [...web.hosts, ...web.hosts.slice(0, 1)] };
  await expect(openLab({ topology: broken, driver: 'host', name: 'broken' })).rejects.toThrow(
    'host "client" occurs twice',
  );
  expect(existsSync(labDirectory('broken'))).toBe(false);
});
