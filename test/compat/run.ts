import { fileURLToPath } from 'node:url';
import { openLab } from '../../src/lab/lab.ts';
import { quote } from '../../src/lab/network.ts';
import { bare } from '../../src/lab/topologies/bare.ts';
import { surroundings } from './network.ts';

/** `npm run compat -- [OPTION...]`: boots a lab and compares Debian's ipvsadm with ours in it. */

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const inside = [process.execPath, beside('inside.mjs'), beside('fork-server.so'), ...process.argv.slice(2)];

process.stderr.write('starting the lab\n');
const lab = await openLab({ topology: bare, name: `compat-${process.pid}` });
try {
  const script = surroundings(inside.map(quote).join(' '));
  const child = await lab.spawn('root', ['unshare', '--mount', '--net', 'sh', '-c', script]);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  process.exitCode = await child.exited;
} finally {
  await lab.close();
}
