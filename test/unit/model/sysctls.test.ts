import { describe, expect, test } from 'vitest';
import { FakeKernel } from '../../../src/kernel/fake.ts';
import { typedSysctls } from '../../../src/library/sysctls.ts';
import {
  isSysctlValue,
  readSysctl,
  SYSCTLS,
  type SysctlName,
  sameSysctl,
  sysctlRow,
} from '../../../src/model/sysctls.ts';

const takes = (name: SysctlName, text: string): boolean => {
  const row = sysctlRow(name);
  return row !== undefined && isSysctlValue(row, text);
};

test('the table takes its own values: the kernel’s default and what Fairlead sets', () => {
  for (const [name, row] of Object.entries(SYSCTLS)) {
    expect(row.since, name).toMatch(/^\d+\.\d+(\.\d+)?$/);
    for (const value of [row.initial, row.set])
      if (value !== null) expect(takes(name as SysctlName, String(value)), name).toBe(true);
  }
});

test.each<[SysctlName, string, boolean]>([
  ['drop_entry', '3', true],
  ['drop_entry', '4', false],
  ['drop_entry', '1.0', false],
  ['drop_entry', '', false],
  ['drop_entry', '1 2', false],
  ['est_nice', '-20', true],
  ['est_nice', '20', false],
  ['sync_ports', '64', true],
  ['sync_ports', '3', false],
  ['sync_threshold', '0 1', true],
  ['sync_threshold', '3\t50', true],
  ['sync_threshold', '50 50', false],
  ['sync_threshold', '-1 50', false],
  ['sync_threshold', '3', false],
  ['sync_threshold', '1 2 3', false],
  ['est_cpulist', '', true],
  ['est_cpulist', '0-2,5', true],
  ['est_cpulist', '0-', false],
  ['est_cpulist', 'all', false],
])('%s takes "%s": %o', (name, text, expected) => {
  expect(takes(name, text)).toBe(expected);
});

test('values are compared as the kernel prints them', () => {
  expect(sameSysctl('sync_threshold', '3 50', '3\t50')).toBe(true);
  expect(sameSysctl('drop_entry', '1', '2')).toBe(true);
  expect(sameSysctl('drop_entry', '2', '1')).toBe(false);
  expect(sameSysctl('nosuch', '1', '1')).toBe(true);
});

test('and read as their types', () => {
  expect(readSysctl('sync_threshold', '3\t50')).toEqual([3, 50]);
  expect(readSysctl('est_cpulist', '0-1')).toBe('0-1');
  expect(readSysctl('est_nice', '-3')).toBe(-3);
});

describe('typed get and set', () => {
  test('go through the table', async () => {
    const kernel = new FakeKernel();
    const sysctls = typedSysctls(kernel.sysctls);
    await sysctls.set('sync_threshold', [4, 60]);
    expect(await sysctls.get('sync_threshold')).toEqual([4, 60]);
    await sysctls.set('conntrack', 1);
    expect(await sysctls.get('conntrack')).toBe(1);
    expect(await sysctls.get('conn_lfactor')).toBeUndefined();
    expect(Object.keys(await sysctls.all())).toEqual([...kernel.sysctls.values.keys()]);
  });

  test('refuse what a setting does not take before anything is written', async () => {
    const kernel = new FakeKernel();
    const sysctls = typedSysctls(kernel.sysctls);
    await expect(sysctls.set('sync_ports', 3)).rejects.toMatchObject({ code: 'out-of-range', errno: 0 });
    await expect(sysctls.set('sync_threshold', [5, 5])).rejects.toThrow('two numbers');
    expect(kernel.log).toEqual([]);
    kernel.failNext('not-permitted');
    await expect(sysctls.set('conntrack', 1)).rejects.toMatchObject({ code: 'not-permitted' });
  });
});
