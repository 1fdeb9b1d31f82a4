import { describe, expect, test } from 'vitest';
import { NUMBERS } from '../../../../src/cli/ipvsadm/names.ts';
import { printConnections, readConnections } from '../../../../src/cli/ipvsadm/print-connections.ts';
import { printServices } from '../../../../src/cli/ipvsadm/print-services.ts';
import { printDaemons, printTimeouts } from '../../../../src/cli/ipvsadm/print-state.ts';
import { printSave } from '../../../../src/cli/ipvsadm/save.ts';
import { selectServices } from '../../../../src/cli/ipvsadm/select.ts';
import type { VirtualServiceId } from '../../../../src/model/service.ts';
import { formatOf, golden, readCommands, readNames, readState, type State } from '../../../support/ipvsadm-golden.ts';

// What ipvsadm printed, and what we print of the same state: test/golden/ipvsadm/README.md.

const NAMES = { lab: await readNames('lab') };

/** The services that the captured command lines name. */
const WEB: VirtualServiceId = { kind: 'address', protocol: 'tcp', address: '10.0.2.100', port: 80 };
const MARK: VirtualServiceId = { kind: 'fwmark', mark: 8, family: 'inet6' };

function print(folder: string, state: State, options: readonly string[], strictCompat: boolean): string {
  const format = formatOf(options, strictCompat);
  const names = folder === 'lab' ? NAMES.lab : NUMBERS;
  if (options.includes('--timeout')) return printTimeouts(state.timeouts, format);
  if (options.includes('--daemon')) return printDaemons(state.daemons, format);
  if (options[0]?.includes('c')) {
    const lines = golden(`${folder}/connections.txt`).split('\n');
    return printConnections(readConnections(lines, format), format, names);
  }
  if (options[0]?.includes('S')) return printSave(state.services, format, names);
  const id = options.includes('-t') ? WEB : options.includes('-f') ? MARK : null;
  const selected = selectServices(state.services, id, null);
  if (!selected.ok) throw new Error(selected.error);
  return printServices(selected.value, format, names, id ? null : state.info);
}

describe.each(['lab', 'wild-1', 'wild-2', 'tame'])('%s, strict', (folder) => {
  const state = readState(folder);
  test.each(readCommands(folder))('$name: $options', ({ name, options }) => {
    expect(print(folder, state, options, true)).toBe(golden(`${folder}/${name}.txt`));
  });
});

describe('where ipvsadm is right we print the same without being told to', () => {
  const state = readState('tame');
  test.each(readCommands('tame'))('$name', ({ name, options }) => {
    expect(print('tame', state, options, false)).toBe(golden(`tame/${name}.txt`));
  });

  test('and in the lab all differences are of order and of marks from 2^31', () => {
    const lab = readState('lab');
    const signed = (text: string): string =>
      text.replace(/(FWM {2}|-f )(\d{10})\b/g, (_, word, mark) => word + (mark | 0));
    const lines = (text: string): string[] => text.replace(/ +/g, ' ').split('\n').sort();
    for (const { name, options } of readCommands('lab'))
      expect(lines(signed(print('lab', lab, options, false))), name).toEqual(lines(golden(`lab/${name}.txt`)));
  });
});

describe('rows of all kinds', () => {
  const lines = golden('connections/connections.txt').split('\n');
  test.each([
    ['Lcn', ['-Lcn']],
    ['Lcn-persistent', ['-Lcn', '--persistent-conn']],
  ])('%s', (name, options) => {
    const format = formatOf(options, true);
    const printed = printConnections(readConnections(lines, format), format, NUMBERS);
    expect(printed).toBe(golden(`connections/${name}.txt`));
  });
});
