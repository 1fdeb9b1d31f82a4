import { expect, test } from 'vitest';
import { openSegment, until } from '../support/segment.ts';

test('segments live side by side, and the observer sees addresses, answers and a black hole', async () => {
  const [one, two] = await Promise.all([openSegment(), openSegment(['a', 'b', 'c'])]);
  try {
    await one.ip('a', ['address add 10.77.0.100/24 dev eth0', 'address add fd77::100/64 dev eth0 nodad']);
    expect(await one.addresses('a')).toEqual(expect.arrayContaining(['10.77.0.1', 'fd77::1', '10.77.0.100']));
    expect(await two.addresses('c')).toEqual(expect.arrayContaining(['10.77.0.3', 'fe80::ff:fe00:3']));
    for (const address of ['10.77.0.100', 'fd77::100']) {
      one.observer.probe(address);
      await until('a answers', async () => (await one.observer.read()).some(({ kind }) => kind === 'answer'));
    }
    await one.cut('a');
    await one.observer.read();
    await until('the control answers', async () => {
      const seen = await one.observer.read();
      expect(seen.filter(({ kind }) => kind === 'answer')).toEqual([]);
      return seen.some(({ kind }) => kind === 'control');
    });
    await one.mend('a');
    await until('a answers again', async () => (await one.observer.read()).some(({ kind }) => kind === 'answer'));
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
});
