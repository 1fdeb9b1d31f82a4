import { join } from 'node:path';
import { attachLab, type Lab, labAt } from '../../src/lab/lab.ts';

/** The lab's own folder when this process runs inside it. */
const DIRECTORY = process.env.FAIRLEAD_LAB_DIR;

/** The lab that kernel tests run in. `npm test -- kernel` runs them inside it, as root of a kernel with IPVS; a test file
 *  started on the host reaches a lab that was started by hand (`npm run lab -- up`) in the same way.
 *
 *      await lab.exec('client', ['curl', '-s', 'http://10.0.2.100/'])
 */
export const lab: Lab = await openHere();

/** The path of a host's network namespace, for code that takes one. Only inside the lab. */
export const namespaceOf = (host: string): string => join(DIRECTORY ?? '', 'hosts', host, 'netns');

async function openHere(): Promise<Lab> {
  return DIRECTORY === undefined ? attachLab() : labAt(join(DIRECTORY, 'agent.sock'));
}
