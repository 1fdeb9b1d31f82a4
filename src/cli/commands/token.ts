import { makeToken, readTokens, renderTokens, TOKEN_NAME, type TokenRow } from '../../api/access/tokens.ts';
import { EXIT, failure } from '../../base/errors.ts';
import { replaceFileNow } from '../../daemon/disk.ts';
import { GIVEN_ROLES, type GivenRole } from '../../model/role.ts';
import { type Command, type Io, JSON_OPTION, type Options, text } from '../command.ts';

const VERBS: Readonly<Record<string, (name: string | undefined, options: Options, io: Io) => void>> = {
  new(_name, options, io) {
    const [file, name, role] = [text(options.file), text(options.name), text(options.role)];
    if (!TOKEN_NAME.test(name))
      throw failure('usage', { detail: `expected --name with letters, digits, ".", "_" or "-", got "${name}"` });
    if (!(GIVEN_ROLES as readonly string[]).includes(role))
      throw failure('usage', { detail: `expected --role ${GIVEN_ROLES.join(', ')}, got "${role}"` });
    const rows = read(file);
    if (rows.some((row) => row.name === name))
      throw failure('usage', { detail: `there is a token ${name} already; \`fairlead token revoke ${name}\` first` });
    const { token, row } = makeToken(name, role as GivenRole, new Date().toISOString().slice(0, 10));
    write(file, [...rows, row]);
    io.err(`token ${name} (${role}) counts from now on; it is told this once only:\n`);
    io.out(options.json ? `${JSON.stringify({ name, role, made: row.made, token })}\n` : `${token}\n`);
  },
  list(_name, options, io) {
    const rows = read(text(options.file)).map(({ name, role, made }) => ({ name, role, made }));
    if (options.json) io.out(`${JSON.stringify(rows)}\n`);
    else for (const { name, role, made } of rows) io.out(`${name}  ${role}  ${made}\n`);
  },
  revoke(name = '', options, io) {
    const file = text(options.file);
    const rows = read(file);
    const left = rows.filter((row) => row.name !== name);
    const present = rows.map((row) => row.name).join(', ') || 'none';
    if (left.length === rows.length) throw failure('not-found', { kind: 'token', name, present });
    write(file, left);
    io.out(options.json ? `${JSON.stringify({ revoked: name })}\n` : `token ${name} is worth nothing from now on\n`);
  },
};
const WORDS = Object.keys(VERBS);

export const command: Command = {
  usage: `token <${WORDS.join('|')}> [name]`,
  summary: 'tokens for the API over TCP: new: make one and print it once; list: who has one; revoke: take one back',
  options: [
    { flags: '--name <name>', summary: 'new: whose it is, as the audit tells it' },
    { flags: '--role <role>', summary: `new: what it may do: ${GIVEN_ROLES.join(', ')}` },
    { flags: '--file <path>', summary: 'the file of tokens (`api.tokens`)', default: '/etc/fairlead/tokens' },
    JSON_OPTION,
  ],
  examples: [
    'fairlead token new --role viewer --name grafana > grafana.token',
    'fairlead token list',
    'fairlead token revoke grafana',
  ],
  async run([word = '', name], options, io) {
    const act = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
    if (!act) throw failure('usage', { detail: `expected one of ${WORDS.join(', ')}, got "${word}"` });
    act(name, options, io);
    return EXIT.done;
  },
};

function read(file: string): TokenRow[] {
  try {
    return readTokens(file);
  } catch (error) {
    throw failure('tokens-unusable', { file, reason: (error as Error).message }, error);
  }
}

function write(file: string, rows: readonly TokenRow[]): void {
  try {
    replaceFileNow(file, renderTokens(rows));
  } catch (error) {
    throw failure('tokens-unusable', { file, reason: (error as Error).message }, error);
  }
}
