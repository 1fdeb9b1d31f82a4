import { desire } from '../../decide/desire.ts';
import { sharedChecks } from '../../health/shared.ts';
import { filesIn, MORE_FILES, socketsAtOnce, tooFewFiles } from '../../health/sockets.ts';
import { NO_OVERRIDES } from '../../model/override.ts';
import { type Check, Unseen } from './check.ts';
import { daemonOf } from './processes.ts';

export const filesCheck: Check = {
  name: 'open files',
  why: 'a check that finds no socket left waits, and a dead server is found late',
  async look(machine, config) {
    if (config === null) return [];
    const daemon = await daemonOf(machine);
    const files = filesIn((await machine.text(`/proc/${daemon?.pid ?? machine.pid}/limits`)) ?? '');
    if (files === undefined) throw new Unseen('/proc does not tell the limits of a process');
    const problem = tooFewFiles(files, socketsAtOnce(sharedChecks(desire(config, NO_OVERRIDES, 1)).values()));
    return problem === undefined ? [] : [{ what: problem, fix: MORE_FILES }];
  },
};
