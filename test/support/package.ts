import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packs this package as it is built and puts it into FOLDER/node_modules with its dependencies, as an install would. */
export function installPacked(root: string, folder: string): void {
  const modules = join(folder, 'node_modules');
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename } = { filename: '' }] = JSON.parse(
    execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as { filename: string }[];
  mkdirSync(join(modules, 'fairlead/build/Release'), { recursive: true });
  execFileSync('tar', ['-xf', join(folder, filename), '-C', join(modules, 'fairlead'), '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  for (const name of Object.keys(dependencies))
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true });
  // What the install script makes.
  copyFileSync(join(root, 'build/Release/fairlead.node'), join(modules, 'fairlead/build/Release/fairlead.node'));
}

/** The programs of a page: every block marked `ts`, in order. */
export const examplesOf = (page: string): string[] =>
  [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
