import { ipvsadm } from '../../src/cli/ipvsadm/main.ts';
import type { Side } from './judge.ts';

/** Our command inside of this process: Node's start costs seconds in an emulated machine. */
export function openOurs(): Side {
  return {
    async run(words, input) {
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      const code = await ipvsadm(words, {
        out: (text, encoding) => void out.push(Buffer.from(text, encoding ?? 'utf8')),
        err: (text) => void err.push(Buffer.from(text)),
        stdin: async () => input,
      }).catch((error: Error) => {
        err.push(Buffer.from(`threw ${error.stack}\n`));
        return -1;
      });
      return { code, out: Buffer.concat(out).toString('latin1'), err: Buffer.concat(err).toString('latin1') };
    },
    close() {},
  };
}
