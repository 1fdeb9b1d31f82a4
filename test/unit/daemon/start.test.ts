import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CHECK,
  dead,
  direct,
  directory,
  FULL,
  file,
  foreign,
  kernel,
  running,
  service,
  started,
  table,
  until,
} from '../../support/memory-director.ts';

/** What a start does, finds, and leaves behind when it fails. */

describe('start', () => {
  test('programs services, then addresses, and remembers what is ours', async () => {
    await started(file([service('web', 80)]));
    expect(table()).toEqual(FULL);
    expect(kernel.state().addresses.map((a) => `${a.interface} ${a.address}/${a.prefix}`)).toContain(
      'eth0 10.0.0.100/32',
    );
    const kinds = kernel.log.map((op) => op.kind);
    expect(kinds.lastIndexOf('add-destination')).toBeLessThan(kinds.indexOf('add-address'));
    expect(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'))).toEqual({
      version: 1,
      services: ['tcp://10.0.0.100:80'],
      addresses: ['eth0 10.0.0.100/32'],
      daemons: [],
    });
  });

  test('a checked server enters with its first good check', async () => {
    dead.add('10.0.0.12');
    await started(file([service('web', 80, CHECK)]));
    expect(table()).toEqual({ '10.0.0.100:80': {} });
    await until(() => '10.0.0.11:80' in (table()['10.0.0.100:80'] ?? {}), 'the living server enters');
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 1 } });
  });

  test('an interface that does not exist is said, with those that do, and nothing is applied', async () => {
    const text = file([service('web', 80)]).replace('interface: eth0', 'interface: eth7');
    await expect(direct(text).start()).rejects.toMatchObject({
      code: 'interface-missing',
      exit: 6,
      message: expect.stringContaining('eth7'),
    });
    expect(kernel.log.filter((op) => !op.why.startsWith('probing'))).toEqual([]);
    expect(table()).toEqual({});
  });

  test('an address on another interface is a busy one', async () => {
    kernel.net.applyOne({
      kind: 'add-address',
      why: '',
      address: { interface: 'eth1', address: '10.0.0.100', prefix: 24 },
    });
    const before = kernel.state();
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({ code: 'interface-busy', exit: 6 });
    expect(kernel.state()).toEqual(before);
  });

  test('a scheduler the kernel lacks is found before anything is applied', async () => {
    const before = kernel.state();
    kernel.failNext('scheduler-missing');
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({
      code: 'scheduler-missing',
      exit: 6,
      message: expect.stringContaining('"rr"'),
    });
    expect(kernel.state()).toEqual(before);
  });

  test('what this kernel lacks is told with the kernel that has it', async () => {
    const twos = service('web', 80).replace('scheduler: rr', 'scheduler: twos');
    await expect(direct(file([twos])).start()).rejects.toMatchObject({
      code: 'scheduler-missing',
      fix: expect.stringContaining('Linux 5.12'),
    });
    // A kernel that does not know the type sends ipip and says nothing.
    const { apply } = kernel.ipvs;
    kernel.ipvs.apply = (ops) =>
      apply.call(
        kernel.ipvs,
        ops.map((op) => ('destination' in op ? { ...op, destination: { ...op.destination, tunnel: null } } : op)),
      );
    const gre = service('web', 80, 'forward: tunnel, tunnel: { type: gre }');
    await expect(direct(file([gre])).start()).rejects.toMatchObject({
      code: 'tunnel-missing',
      exit: 6,
      fix: expect.stringContaining('Linux 5.3'),
    });
    expect(table()).toEqual({});
  });

  test.each([
    ['not-permitted', 4],
    ['ipvs-missing', 6],
  ] as const)('%s ends with exit code %i', async (code, exit) => {
    kernel.failNextCall(code);
    await expect(direct(file([service('web', 80)])).start()).rejects.toMatchObject({ code, exit });
    expect(kernel.log).toEqual([]);
  });

  test('a kernel that refuses half-way gets back what it had', async () => {
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    const before = kernel.state();
    const director = direct(file([service('web', 80)]));
    const applyOne = kernel.net.applyOne.bind(kernel.net);
    kernel.net.applyOne = (op) =>
      op.kind === 'add-address'
        ? { op, failure: { code: 'kernel', errno: 16, operation: 'add-address', text: 'Device or resource busy' } }
        : applyOne(op);
    await expect(director.start()).rejects.toMatchObject({
      code: 'kernel-refused',
      exit: 6,
      message: expect.stringContaining('Device or resource busy'),
    });
    expect(kernel.state()).toEqual(before);
  });

  test('what is asked for before the start has ended waits for it: servers in service stay', async () => {
    const text = file([service('web', 80, CHECK.replaceAll('10ms', '1h').replace('timeout: 1h', 'timeout: 1s'))]);
    await started(file([service('web', 80)]));
    await running.pop()?.stop();
    rmSync(join(directory, 'state.json.health'), { force: true });
    const director = direct(text);
    const seen: unknown[] = [];
    const dump = kernel.ipvs.dump.bind(kernel.ipvs);
    kernel.ipvs.dump = async (options) => {
      seen.push(table());
      return dump(options);
    };
    dead.add('10.0.0.11').add('10.0.0.12');
    const target = 'server/web/10.0.0.11';
    const before = director.overrides.change([{ set: { kind: 'weight', value: 3, target } }], { by: 'test' });
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
    const starting = director.start();
    const reloaded = director.reload();
    await Promise.all([starting, before, reloaded]);
    expect([...seen, table()].map((each) => (each as typeof FULL)['10.0.0.100:80'])).not.toContainEqual(
      expect.objectContaining({ '10.0.0.12:80': 0 }),
    );
    expect(table()).toEqual({ '10.0.0.100:80': { '10.0.0.11:80': 3, '10.0.0.12:80': 1 } });
  });

  test('after a start that failed nothing is changed', async () => {
    const director = direct(file([service('web', 80)]).replace('interface: eth0', 'interface: eth7'));
    const target = 'server/web/10.0.0.11';
    const change = director.overrides.change([{ set: { kind: 'weight', value: 3, target } }], { by: 'test' });
    await expect(Promise.all([director.start(), change])).rejects.toMatchObject({ code: 'interface-missing' });
    await expect(change).rejects.toMatchObject({ code: 'interface-missing' });
    expect(table()).toEqual({});
  });

  test('what the kernel holds already is adopted without a write, and strangers are left alone', async () => {
    await started(file([service('web', 80)]));
    kernel.ipvs.applyOne({ kind: 'add-service', service: foreign, why: '' });
    const writes = kernel.log.length;
    const again = await started(file([service('web', 80)]));
    await again.reconciler.settle();
    const probes = kernel.log.slice(writes).filter((op) => !op.why.startsWith('probing'));
    expect(probes).toEqual([]);
    expect(again.store.get().notes.join()).toContain('udp://10.9.9.9:53');
  });

  test('a restart takes no server out while it waits for the first check', async () => {
    await started(file([service('web', 80, 'check: { tcp: {}, every: 1h, timeout: 1s }')]));
    kernel.ipvs.applyOne({
      kind: 'add-destination',
      id: { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
      why: '',
      destination: {
        address: '10.0.0.11',
        port: 80,
        forward: 'dr',
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: null,
      },
    });
    await running.pop()?.stop();
    await started(file([service('web', 80, 'check: { tcp: {}, every: 1h, timeout: 1s }')]));
    expect(table()['10.0.0.100:80']).toHaveProperty('10.0.0.11:80', 1);
  });
});
