import type { Command } from '../command.ts';
import { processIo } from '../ipvsadm/io.ts';
import { ipvsadm } from '../ipvsadm/main.ts';

export const command: Command = {
  usage: 'ipvsadm [words...]',
  summary: "ipvsadm's commands, listings and exit codes, and more (--json, -S --extended, -R --dry-run)",
  examples: [
    'fairlead ipvsadm -A -t 10.0.0.100:80 -s mh -b mh-fallback',
    'fairlead ipvsadm -L -n --stats --json',
    'fairlead ipvsadm -S --extended > table; fairlead ipvsadm -R --dry-run < table',
    'ln -s "$(npm root -g)/fairlead/dist/ipvsadm.js" /usr/local/sbin/ipvsadm',
  ],
  passThrough: true,
  run: (rest) => ipvsadm(rest, processIo),
};
