import { type Check, type Finding, Unseen } from './check.ts';

export const clockCheck: Check = {
  name: 'clock',
  why: 'signed adverts are believed within a window of time, and logs of two directors are read side by side',
  async look(machine, config) {
    if ((await machine.stat('/run/systemd/timesync/synchronized')) !== undefined) return [];
    // The kernel's own word (adjtimex), whichever program disciplines the clock.
    const told = await machine.output('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
    const synchronised = told?.trim();
    if (synchronised !== 'yes' && synchronised !== 'no') throw new Unseen('timedatectl does not tell');
    return judgeClock(
      synchronised === 'yes',
      (config?.instances ?? []).flatMap(({ name, hmac }) => (hmac ? [name] : [])),
    );
  },
};

export function judgeClock(synchronised: boolean, signed: readonly string[]): Finding[] {
  if (synchronised) return [];
  const matters = signed.length > 0 ? `; adverts of ${signed.join(', ')} are signed and will be refused` : '';
  return [
    {
      what: `the clock is not synchronised${matters}`,
      fix: 'install and start chrony, or `timedatectl set-ntp true`',
    },
  ];
}
