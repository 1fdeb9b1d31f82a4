import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LEVELS, NATIVE, nativeViolations, sourceViolations } from './support/layers.ts';

const ROOT = join(import.meta.dirname, '..');
/** Parsing takes a while on a busy machine. */
const PATIENT = { timeout: 120_000 };

function violations(folder: string, form: RegExp, check: (path: string, text: string) => string[]): string[] {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((path) =>
    form.test(path),
  );
  expect(paths.length).toBeGreaterThan(10);
  return paths.flatMap((path) => check(path, readFileSync(join(ROOT, folder, path), 'utf8')));
}

test('every source file imports its own folder and lower levels only, and the pure ones are pure', PATIENT, () => {
  expect(violations('src', /\.(ts|mts|mjs|js|cts|cjs)$/, sourceViolations)).toEqual([]);
});

test('every native file includes what lies below it only, and Node-API stays in js/', () => {
  expect(violations('native', /\.(cc|h|cpp|hpp|c)$/, nativeViolations)).toEqual([]);
});

describe('the check fails on a violation', () => {
  test.each([
    ['upwards', 'decide/plan.ts', "import { openIpvs } from '../kernel/ipvs.ts';"],
    ['upwards, types only', 'model/op.ts', "import type { Plan } from '../decide/plan.ts';"],
    ['sideways', 'scheduling/sh.ts', "import { judge } from '../health/verdict.ts';"],
    ['sideways in a folder below', 'probe/http/get.ts', "import { a } from '../../kernel/addon.ts';"],
    ['by export', 'base/ip.ts', "export * from '../model/service.ts';"],
    ['by export of a name', 'base/ip.ts', "export { a } from '../model/service.ts';"],
    ['when it runs', 'daemon/loop.ts', "const api = await import('../api/server.ts');"],
    ['by a template', 'daemon/loop.ts', 'const api = await import(`../api/server.ts`);'],
    ['by require', 'daemon/loop.ts', "const api = require('../api/server.ts');"],
    ['by an import type', 'base/ip.ts', "let a: import('../model/service.ts').VirtualService;"],
    ['for its effect', 'lab/net.ts', "import '../cli/main.ts';"],
    ['computed', 'daemon/loop.ts', 'const api = await import(name);'],
    ['out of src', 'cli/main.ts', "import data from '../../package.json';"],
    ['a folder without a level', 'cli/main.ts', "import { a } from '../misc/a.ts';"],
    ['set-up', 'cli/main.ts', "import { a } from '../setup/main.mjs';"],
    ['levels from set-up', 'setup/main.mjs', "import { a } from '../base/ip.ts';"],
    ['a package from set-up', 'setup/main.mjs', "import { z } from 'zod';"],
    ['Node in a pure folder', 'config/parse.ts', "import { readFileSync } from 'node:fs';"],
    ['Node without its prefix', 'config/parse.ts', "import { readFileSync } from 'fs';"],
    ['the clock', 'health/timing.ts', 'const now = Date.now();'],
    ['the clock as a function', 'health/timing.ts', 'const clock = Date.now;'],
    ['the date', 'health/timing.ts', 'const now = new Date();'],
    ['chance', 'decide/plan.ts', 'const x = Math.random();'],
    ['a timer', 'vrrp/timers.ts', 'setTimeout(() => {}, 5);'],
    ['an interval', 'vrrp/timers.ts', 'const timer = setInterval;'],
    ['the process', 'base/log.ts', "const debug = process.env['DEBUG'];"],
    ['the process by shorthand', 'base/log.ts', 'export const all = { process };'],
    ['performance', 'metrics/table.ts', 'performance.now();'],
    ['the global object', 'import/lex.ts', 'globalThis.crypto.randomUUID();'],
    ['a new folder', 'helpers/a.ts', 'export {};'],
    ['no folder', 'a.ts', 'export {};'],
  ])('%s: %s', (_, path, text) => {
    expect(sourceViolations(path, `\n${text}`)).toHaveLength(1);
  });

  test('and says where', () => {
    expect(sourceViolations('decide/plan.ts', "\n\nimport { openIpvs } from '../kernel/ipvs.ts';")).toEqual([
      'decide/plan.ts:3: imports kernel/ipvs.ts: kernel (level 4) is not below decide (level 3)',
    ]);
  });

  test.each([
    ['upwards', 'base/fd.h', '#include "netlink/socket.h"'],
    ['sideways', 'ipvs/client.cc', '#include "route/client.h"'],
    ['route from probe', 'probe/engine.cc', '#  include "route/client.h"'],
    ['vrrp from route', 'route/client.cc', '#include "vrrp/links.h"'],
    ['Node-API below js', 'ipvs/client.cc', '#include <napi.h>'],
    ['Node-API in a fuzzer', 'fuzz/attr.cc', '#include "node_api.h"'],
    ['below js from the export list', 'addon.cc', '#include "ipvs/client.h"'],
    ['js from below', 'probe/tcp.cc', '#include "js/convert.h"'],
    ['a path upwards', 'route/client.cc', '#include "../ipvs/model.h"'],
    ['a new folder', 'misc/a.cc', ''],
  ])('native, %s: %s', (_, path, text) => {
    expect(nativeViolations(path, text)).toHaveLength(1);
  });
});

describe('the check lets pass what is right', () => {
  test.each([
    ['decide/plan.ts', "import { ok } from '../base/result.ts'; import type { Op } from '../model/op.ts';"],
    ['config/schema.ts', "import { z } from 'zod'; import { field } from './field.ts';"],
    ['cli/commands/lab.ts', "import { openLab } from '../../lab/lab.ts'; import { a } from '../command.ts';"],
    ['kernel/addon.ts', "import { createRequire } from 'node:module'; const addon = await import(path);"],
    ['daemon/clock.ts', 'export const now = () => Date.now() + performance.now();'],
    ['config/schema.ts', "export const track = { process: 1, fetch() {} }; track.process; // Date.now(), 'new Date()'"],
    ['model/op.ts', "interface A { readonly process: string; setTimeout(): void } const words = 'Math.random()';"],
    ['setup/main.mjs', "import { join } from 'node:path'; import { a } from './a.mjs'; await import('esbuild');"],
  ])('%s', (path, text) => {
    expect(sourceViolations(path, text)).toEqual([]);
  });

  test.each([
    [
      'ipvs/client.cc',
      '#include <linux/netlink.h>\n#include "base/fd.h"\n#include "netlink/attr.h"\n#include "ipvs/model.h"',
    ],
    ['js/convert.h', '#include <napi.h>\n#include "ipvs/model.h"\n#include "route/model.h"'],
    ['addon.cc', '#include <napi.h>\n#include "js/bindings.h"'],
    ['vrrp/links.cc', '#include "netlink/message.h"\n#include "route/client.h"'],
    ['ipvs/model.h', '#include <string>\n#include "fields.h"'],
  ])('native %s', (path, text) => {
    expect(nativeViolations(path, text)).toEqual([]);
  });
});

test('the tables have no circles', () => {
  expect(Math.min(...Object.values(LEVELS))).toBe(0);
  for (const [folder, below] of Object.entries(NATIVE)) {
    for (const other of below) expect(NATIVE[other]).not.toContain(folder);
  }
});
