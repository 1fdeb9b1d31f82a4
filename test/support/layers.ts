import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** Level of each folder of src/. A file imports its own folder and lower levels. Levels 0 to 3 are pure. */
export const LEVELS: Readonly<Record<string, number>> = {
  base: 0,
  model: 1,
  config: 2,
  scheduling: 2,
  vrrp: 2,
  health: 2,
  availability: 2,
  metrics: 2,
  decide: 3,
  import: 3,
  kernel: 4,
  probe: 4,
  discovery: 4,
  daemon: 5,
  library: 5,
  api: 6,
  dashboard: 7,
  lab: 7,
  cli: 8,
};

const LAST_PURE_LEVEL = 3;

/** Runs before anything is installed, outside of the levels: plain modules that import Node and each other. */
const SETUP = 'setup';

/** Names that read a clock, chance or the process: the pure levels are handed such things. */
const IMPURE_NAMES = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'performance',
  'globalThis',
  'global',
  'crypto',
  'fetch',
  'console',
  'require',
]);
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random']);

interface Import {
  readonly specifier: string;
  readonly dynamic: boolean;
  readonly line: number;
}

const parse = (path: string, text: string): ts.SourceFile =>
  ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.Latest,
    true,
    path.endsWith('js') ? ts.ScriptKind.JS : ts.ScriptKind.TS,
  );

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, dynamic: boolean): void => {
    if (specifier === undefined) return;
    const line = source.getLineAndCharacterOfPosition(specifier.getStart()).line + 1;
    const text = ts.isStringLiteralLike(specifier) ? specifier.text : '(computed)';
    found.push({ specifier: text, dynamic, line });
  };
  visit(source, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument, false);
    else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === 'require';
      if (expression.kind === ts.SyntaxKind.ImportKeyword || isRequire) add(node.arguments[0], true);
    }
  });
  return found;
}

const isBuiltin = (specifier: string): boolean => specifier.startsWith('node:') || builtinModules.includes(specifier);

/** Whether an identifier stands for a value of that name and is not a member's or a property's name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return false;
  const named = ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent);
  return !((named || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node);
}

function impurities(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const say = (node: ts.Node, what: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push(`${source.fileName}:${line}: ${what} in a pure folder`);
  };
  visit(source, (node) => {
    if (ts.isPropertyAccessExpression(node) && IMPURE_MEMBERS.has(node.getText())) say(node, node.getText());
    const isDate = (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date';
    if (isDate) say(node, 'Date');
    if (ts.isIdentifier(node) && IMPURE_NAMES.has(node.text) && isReference(node)) say(node, node.text);
  });
  return found;
}

/** What an import of a file in `folder` breaks, or nothing. `path` is below src/. */
function judge(path: string, folder: string, { specifier, dynamic }: Import): string | undefined {
  if (specifier === '(computed)') return folder === 'kernel' ? undefined : 'imports what cannot be told from its text';
  if (!specifier.startsWith('.')) {
    if (folder === SETUP && !dynamic && !isBuiltin(specifier))
      return `imports ${specifier}, which may not be installed yet`;
    const pure = (LEVELS[folder] ?? 99) <= LAST_PURE_LEVEL;
    return pure && isBuiltin(specifier) ? `imports ${specifier} in a pure folder` : undefined;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  const targetFolder = target.split('/')[0] ?? '';
  if (targetFolder === folder) return undefined;
  if (targetFolder === '..') return `imports ${specifier}, which is outside of src`;
  if (folder === SETUP) return `imports ${target} from outside of the levels`;
  const [mine, theirs] = [LEVELS[folder], LEVELS[targetFolder]];
  if (theirs === undefined) return `imports ${target} from a folder without a level`;
  if (mine === undefined || theirs < mine) return undefined;
  return `imports ${target}: ${targetFolder} (level ${theirs}) is not below ${folder} (level ${mine})`;
}

/** Everything a source file breaks, one line each. `path` is below src/: `decide/plan.ts`. */
export function sourceViolations(path: string, text: string): string[] {
  const [folder = '', ...rest] = path.split('/');
  if (rest.length === 0) return [`${path}: lies in no folder`];
  if (folder !== SETUP && LEVELS[folder] === undefined) return [`${path}: folder ${folder} has no level`];
  const source = parse(path, text);
  const broken = importsOf(source).flatMap((found) => {
    const what = judge(path, folder, found);
    return what === undefined ? [] : [`${path}:${found.line}: ${what}`];
  });
  const pure = (LEVELS[folder] ?? 99) <= LAST_PURE_LEVEL;
  return pure ? [...broken, ...impurities(source)] : broken;
}

/** Folders of native/ and which others each may include. `.` is native/ itself: addon.cc. */
export const NATIVE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  netlink: ['base'],
  ipvs: ['base', 'netlink'],
  route: ['base', 'netlink'],
  vrrp: ['base', 'netlink', 'route'],
  warden: ['base', 'route', 'vrrp'],
  probe: ['base', 'netlink'],
  js: ['base', 'netlink', 'ipvs', 'route', 'vrrp', 'probe'],
  fuzz: ['base', 'netlink', 'ipvs', 'route', 'vrrp', 'probe'],
  '.': ['js'],
};

const NAPI = /^(napi|node_api|js_native_api|node)(-inl)?\.h$/;

/** Everything a native file breaks. `path` is below native/: `ipvs/codec.cc`. */
export function nativeViolations(path: string, text: string): string[] {
  const folder = posix.dirname(path).split('/')[0] ?? '.';
  const allowed = NATIVE[folder];
  if (allowed === undefined) return [`${path}: folder ${folder} has no place in native/`];
  return text.split('\n').flatMap((line, index) => {
    const included = /^\s*#\s*include\s*["<]([^">]+)[">]/.exec(line)?.[1];
    if (included === undefined) return [];
    const at = `${path}:${index + 1}`;
    if (NAPI.test(included))
      return folder === 'js' || folder === '.' ? [] : [`${at}: includes ${included} outside of js/`];
    const target = line.includes('"') ? (included.includes('/') ? (included.split('/')[0] ?? '') : folder) : folder;
    if (target === folder || allowed.includes(target)) return [];
    return [`${at}: ${folder} includes ${included}`];
  });
}
