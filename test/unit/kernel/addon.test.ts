import { afterEach, describe, expect, test, vi } from 'vitest';
import { FairleadError } from '../../../src/base/errors.ts';

describe('loading the addon', () => {
  afterEach(() => {
    delete process.env.FAIRLEAD_PREBUILD;
    vi.resetModules();
  });

  const fresh = async () => {
    vi.resetModules();
    return import('../../../src/kernel/addon.ts');
  };

  test('happens when it is first asked for, and once', async () => {
    process.env.FAIRLEAD_PREBUILD = '/nonexistent';
    const { addon } = await fresh();
    delete process.env.FAIRLEAD_PREBUILD;
    expect(addon()).toBe(addon());
    expect(addon().version).toBe(7);
  });

  test('says what is missing and how to get it', async () => {
    process.env.FAIRLEAD_PREBUILD = '/nonexistent';
    const { addon } = await fresh();
    // The module registry is new, so the class is another one: its name and code tell.
    expect(() => addon()).toThrow(
      expect.objectContaining({
        name: FairleadError.name,
        code: 'addon-missing',
        fix: expect.stringContaining('npm run build'),
      }),
    );
  });
});
