import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { programPath, ROOT_DIRECTORY } from '../../src/lab/installation.ts';
import { kernelTable, until } from '../support/director.ts';
import { lab } from '../support/lab.ts';

/** Debian's ldirectord, unmodified, over our ipvsadm. Nothing in it says which ipvsadm it takes but the place, /sbin/ipvsadm,
 *  so ours is put there, in a mount namespace that only ldirectord is in: the test itself asks Debian's. */

const HOME = '/run/ldirectord-test';
const DEBIAN = join(ROOT_DIRECTORY, '.cache/ldirectord/usr');
const LIBRARIES = 'lib/x86_64-linux-gnu';
const PERL = ['share/perl5', `${LIBRARIES}/perl5/5.36`, 'share/perl/5.36', `${LIBRARIES}/perl/5.36`];

/** It calls ipvsadm some forty times before all servers serve, and each call is a start of Node. */
const LIMIT_MS = 400_000;

const CONFIG = `
checktimeout = 20
negotiatetimeout = 40
checkinterval = 1
supervised = yes
quiescent = no
virtual = 10.0.2.100:80
        real = 10.0.2.11:80 gate 1
        real = 10.0.2.12:80 gate 2
        real = 10.0.2.13:80 gate 3
        service = http
        scheduler = wrr
        protocol = tcp
        checktype = negotiate
        request = "healthz"
        receive = "ok"
`;

/** Notes every call, then becomes our program. */
const WRAPPER = `#!/bin/sh
printf '%s\\n' "$*" >> ${HOME}/calls
exec ${HOME}/bin/ipvsadm "$@"
`;

const shell = async (script: string, input = ''): Promise<string> => {
  const { code, stdout, stderr } = await lab.exec('director', ['sh', '-ec', script], { input });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`);
  return stdout;
};

/** The table in few words: the service, then `SERVER WEIGHT` for each of its servers, as Debian's ipvsadm saves them. */
async function table(): Promise<string> {
  const words = (await kernelTable()).map((line) => line.split(' '));
  const after = (line: readonly string[], option: string) => line[line.indexOf(option) + 1];
  return words
    .map((line) => (line[0] === '-A' ? `${line.slice(1).join(' ')}:` : `${after(line, '-r')} ${after(line, '-w')}`))
    .join(' ');
}

afterAll(async () => {
  await lab.process('web2', 'nginx', 'start').catch(() => {});
  await shell(`ipvsadm -C; rm -rf ${HOME}; ip addr flush dev eth0 to 10.0.2.100/32`);
});

test('ldirectord takes a dead server out and brings it back', { timeout: 4 * LIMIT_MS }, async () => {
  await shell(`mkdir -p ${HOME}/bin; ln -s ${programPath('ipvsadm.js')} ${HOME}/bin/ipvsadm; cat > ${HOME}/cf`, CONFIG);
  await shell(`cat > ${HOME}/wrapper; chmod 755 ${HOME}/wrapper; : > ${HOME}/calls`, WRAPPER);
  await shell('ipvsadm -C; ip addr add 10.0.2.100/32 dev eth0');
  const start = `mount --bind ${HOME}/wrapper /usr/sbin/ipvsadm; exec ${DEBIAN}/bin/perl ${DEBIAN}/sbin/ldirectord ${HOME}/cf start`;
  const env = {
    LD_LIBRARY_PATH: join(DEBIAN, LIBRARIES),
    PERL5LIB: PERL.map((path) => join(DEBIAN, path)).join(':'),
    // Otherwise it starts itself again, with the machine's own Perl.
    PERLIO: 'perlio',
  };
  const ldirectord = await lab.spawn('director', ['unshare', '--mount', 'sh', '-c', start], { env });
  onTestFinished(() => ldirectord.kill('SIGKILL'));
  let said = '';
  for (const stream of [ldirectord.stdout, ldirectord.stderr]) stream.on('data', (text: Buffer) => (said += text));
  const shows = async (what: string, wanted: string) => {
    let found = '';
    const shown = async () => {
      found = await table();
      return found === wanted;
    };
    await until(what, shown, LIMIT_MS).catch((error: Error) => {
      throw new Error(`${error.message}: the table is "${found}"; ldirectord said\n${said}`);
    });
  };

  const service = '-t 10.0.2.100:80 -s wrr:';
  await shows('all serve', `${service} 10.0.2.11:80 1 10.0.2.12:80 2 10.0.2.13:80 3`);
  const answer = await lab.exec('client', ['curl', '-s', 'http://10.0.2.100/']);
  expect(answer.stdout).toMatch(/^web[123]\n$/);

  await lab.process('web2', 'nginx', 'kill');
  await shows('web2 is out', `${service} 10.0.2.11:80 1 10.0.2.13:80 3`);
  await lab.process('web2', 'nginx', 'start');
  await shows('web2 is back', `${service} 10.0.2.11:80 1 10.0.2.12:80 2 10.0.2.13:80 3`);

  ldirectord.kill('SIGTERM');
  expect(await ldirectord.exited).toBe(0);
  expect(await table()).toBe('');

  // Ours did it all: what it was asked for, in ldirectord's own words.
  const calls = (await shell(`cat ${HOME}/calls`)).split('\n').map((line) => line.replaceAll(/ +/g, ' ').trim());
  const count = (wanted: string) => calls.filter((line) => line === wanted).length;
  const add = '-a -t 10.0.2.100:80 -x 0 -y 0 -r 10.0.2.12:80 -g -w 2';
  expect(count('-A -t 10.0.2.100:80 -s wrr')).toBe(1);
  // It adds every server, takes it away until the first check, and adds it again; so too with the failure and the
  // recovery; in the end it takes all away.
  expect(count(add)).toBe(3);
  expect(count('-d -t 10.0.2.100:80 -r 10.0.2.12:80')).toBe(3);
  expect(count('-D -t 10.0.2.100:80')).toBe(1);
  expect(count('-L -n')).toBeGreaterThan(3);
  expect(count('-L -n --thresholds')).toBeGreaterThan(3);
});
