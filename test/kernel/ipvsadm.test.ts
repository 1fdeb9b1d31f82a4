import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ipvsadm } from '../../src/cli/ipvsadm/main.ts';
import { type Ipvs, openIpvs } from '../../src/kernel/ipvs.ts';

// Our ipvsadm beside Debian's on one table of a real kernel. The great comparison is `npm run compat`; here is what one
// look at the kernel proves: that each refusal has its words, and that an extended save comes back.
const name = `fl-cli-${process.pid}`;
const PROGRAM = fileURLToPath(new URL('../../dist/ipvsadm.js', import.meta.url));
const TABLE = [
  '-A -t 10.9.0.100:80 -s rr',
  '-a -t 10.9.0.100:80 -r 10.9.0.13 -m -w 3 -x 20 -y 10',
  '-a -t 10.9.0.100:80 -r 10.9.0.11 -i --tun-type gre --tun-csum',
  '-a -t 10.9.0.100:80 -r 10.9.0.12:81 --forward dr',
  '-A -f 7 -6 -s mh -b mh-fallback,mh-port -p 60 -M 64',
  '-a -f 7 -6 -r [2001:db8::1]:0 -w 2147483647',
];

interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

let ipvs: Ipvs;

async function ours(line: string, input = ''): Promise<Outcome> {
  let out = '';
  let err = '';
  const exit = await ipvsadm(line.split(' '), {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: async () => input,
    ipvs,
  });
  return { exit, out, err };
}

function inside(command: readonly string[], input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', name, ...command], { encoding: 'utf8', input });
  return { exit: status, out: stdout, err: stderr };
}

const debians = (line: string): Outcome => inside(['ipvsadm', ...line.split(' ')]);

beforeAll(() => {
  spawnSync('ip', ['netns', 'add', name]);
  inside(['ip', 'link', 'set', 'lo', 'up']);
  ipvs = openIpvs({ netns: `/run/netns/${name}` });
});
afterAll(() => {
  ipvs.close();
  spawnSync('ip', ['netns', 'delete', name]);
});
beforeEach(async () => {
  expect(await ours('-R', ['-C', ...TABLE].join('\n'))).toEqual({ exit: 0, out: '', err: '' });
});

describe("our ipvsadm answers as Debian's", () => {
  test.each([
    ...['-L -n', '-L -n -t 10.9.0.100:80 --thresholds', '-L -n --tun-info', '-L --timeout', '-L --daemon', '-h', '-v'],
    ...['-A -t 10.9.0.100:80', '-A -t 10.0.0.1:80 -s nosuch', '-E -t 10.0.0.1:80', '-D -t 10.0.0.1:80'],
    ...[
      '-Z -t 10.0.0.1:80',
      '-L -n -t 10.0.0.1:80',
      '-a -t 10.0.0.1:80 -r 10.9.0.1',
      '-d -t 10.9.0.100:80 -r 10.9.0.9',
    ],
    ...['-a -t 10.9.0.100:80 -r 10.9.0.11', '-e -t 10.9.0.100:80 -r 10.9.0.9', '-a -t 10.9.0.100:80 -r 224.0.0.5'],
    ...['-a -t 10.9.0.100:80 -r 10.9.0.9 -x 1 -y 2', '--start-daemon master', '--stop-daemon backup'],
  ])('%s', async (line) => {
    const expected = debians(line);
    expect(await ours(line)).toEqual(expected);
  });
});

test('an extended save comes back whole', async () => {
  const saved = (await ours('-S --extended')).out;
  const before = await ipvs.dump();
  await ours('-C');
  expect(await ours('-R', saved)).toEqual({ exit: 0, out: '', err: '' });
  expect(await ipvs.dump()).toEqual(before);
});

test('the program of its own, under the name of ipvsadm-restore', () => {
  const program = `/tmp/${name}-restore`;
  spawnSync('sh', ['-c', `mkdir ${program} && ln -s ${PROGRAM} ${program}/ipvsadm-restore`]);
  const text = '# kept elsewhere\n-A -u 10.9.0.100:53 -s sh -o\n';
  expect(inside([`${program}/ipvsadm-restore`], text)).toEqual({ exit: 0, out: '', err: '' });
  expect(debians('-S -n').out).toBe('-A -u 10.9.0.100:53 -s sh -o\n');
});
