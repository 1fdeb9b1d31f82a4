import { describe, expect, test } from 'vitest';
import { type Condition, emptyLedger, type Finding, observe } from '../../../src/availability/ledger.ts';
import { resume } from '../../../src/availability/time.ts';
import { HistoryDisk } from '../../../src/daemon/history-disk.ts';
import type { Remembered } from '../../../src/daemon/history-file.ts';
import { errnoError, FakeDisk } from '../../support/disk.ts';

/** What is remembered on a disk that fails, is damaged, or loses its power. */

const PATH = '/var/lib/fairlead/history.json';
const START = 1_700_000_000_000;

/** Histories of so many things over so many looks, each of another shape than the one before. */
function histories(looks: number, things = 5): Remembered[] {
  let ledger = emptyLedger(START);
  const all: Remembered[] = [];
  for (let look = 0; look < looks; look++) {
    const conditions: Condition[] = ['up', 'down', 'planned'];
    const found = Array.from({ length: things }, (_, i) => {
      const condition = conditions[(look * (i + 1)) % 3] ?? 'up';
      return [`server/web/s${i}`, { condition, cause: `look ${look}`, by: 'test' }] as const;
    });
    // One leaves and comes back.
    ledger = observe(ledger, START + look * 1000, new Map(look % 4 === 3 ? found.slice(1) : found));
    if (look % 5 === 4) ledger = resume(ledger, ledger.seen - 3_600_000 * look);
    if (look % 5 === 0) ledger = resume(ledger, ledger.seen + 60_000);
    const roles = new Map([
      ['edge', Array.from({ length: look }, (_, i) => ({ at: START + i, status: 'master' as const, why: `${i}` }))],
    ]);
    all.push({ ledger, roles });
  }
  return all;
}

interface Opened {
  readonly history: HistoryDisk;
  readonly problems: string[];
}
function open(disk: FakeDisk): Opened {
  const problems: string[] = [];
  return { history: new HistoryDisk(disk, PATH, (text) => problems.push(text)), problems };
}

async function written(disk: FakeDisk, all: readonly Remembered[]): Promise<void> {
  const { history } = open(disk);
  for (const one of all) await history.write(one);
}

test('what was written is read, across lives of the daemon: a file, then a journal of changes', async () => {
  const disk = new FakeDisk();
  expect(await open(disk).history.read()).toBeNull();
  const all = histories(30);
  await written(disk, all.slice(0, 10));
  expect(await open(disk).history.read()).toEqual(all[9]);
  const second = open(disk);
  await second.history.read();
  for (const one of all.slice(10)) await second.history.write(one);
  const third = open(disk);
  expect(await third.history.read()).toEqual(all.at(-1));
  expect([...second.problems, ...third.problems]).toEqual([]);
  expect(disk.paths()).toEqual([PATH, `${PATH}.journal`]);
});

test('a change costs what it says: only what differs is appended, and the file stays', async () => {
  const disk = new FakeDisk();
  const many = Array.from(
    { length: 1000 },
    (_, i) => [`server/web/s${i}`, { condition: 'up', cause: '', by: '' }] as const,
  );
  const before = observe(emptyLedger(START), START, new Map(many));
  const { history } = open(disk);
  await history.write({ ledger: before, roles: new Map() });
  const [file, journal] = [disk.read(PATH), disk.read(`${PATH}.journal`)?.length ?? 0];
  const down = { condition: 'down', cause: 'refused', by: 'health check' } as const;
  const after = observe(before, START + 1000, new Map<string, Finding>([...many, ['server/web/s7', down]]));
  await history.write({ ledger: after, roles: new Map() });
  expect(disk.read(PATH)).toBe(file);
  const added = (disk.read(`${PATH}.journal`) ?? '').slice(journal).trim().split('\n');
  expect(added.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['track', 'seen']);
});

test('a journal that grew long is replaced by a new file', async () => {
  const disk = new FakeDisk();
  const { history } = open(disk);
  let ledger = emptyLedger(START);
  for (let look = 0; look < 40; look++) {
    const condition = look % 2 === 0 ? ('up' as const) : ('down' as const);
    const found = Array.from({ length: 400 }, (_, i) => [`server/s${i}`, { condition, cause: 'c', by: 'b' }] as const);
    ledger = observe(ledger, START + look * 1000, new Map(found));
    await history.write({ ledger, roles: new Map() });
    expect(disk.read(`${PATH}.journal`)?.length).toBeLessThan(2_000_000);
  }
  expect(disk.read(PATH)?.length).toBeGreaterThan(500_000);
  expect((await open(disk).history.read())?.ledger).toEqual(ledger);
});

test('a power cut at any step leaves what was written before or after, and at most tells of a cut entry', async () => {
  const all = histories(6, 3);
  for (let steps = 0; steps < 200; steps++) {
    const disk = new FakeDisk();
    disk.stepsLeft = steps;
    const { history } = open(disk);
    let done = -1;
    try {
      for (const one of all) {
        await history.write(one);
        done++;
      }
    } catch {
      // The power is cut.
    }
    for (const share of [0, 0.5, 0.9, 1]) {
      for (const names of [true, false]) {
        const found = disk.afterPowerCut(share, names);
        const { history: next, problems } = open(found);
        const read = await next.read();
        const known = all.map((one) => JSON.stringify([one.ledger.seen, ...one.ledger.tracks]));
        const at = read === null ? -1 : known.indexOf(JSON.stringify([read.ledger.seen, ...read.ledger.tracks]));
        // A cut entry may have left lines of the next state that stand for themselves.
        if (problems.length === 0 && share !== 0.5 && share !== 0.9) expect([done, done + 1]).toContain(at);
        for (const text of problems) expect(text).toMatch(/was cut short and is left out/);
        // Whatever it was, it goes on.
        const last = all.at(-1) as Remembered;
        await next.write(last);
        expect(await open(found).history.read()).toEqual(last);
      }
    }
    if (done === all.length - 1) return;
  }
  throw new Error('it never ended');
});

describe('damage', () => {
  test.each([
    ['cut', (text: string) => text.slice(0, -40)],
    ['a line missing', (text: string) => text.split('\n').toSpliced(2, 1).join('\n')],
    ['no JSON', (text: string) => text.replace('"track"', 'track')],
    ['empty', () => ''],
  ])('of the file (%s): set aside, told, begun anew', async (_, damage) => {
    const disk = new FakeDisk();
    const all = histories(4);
    await written(disk, all);
    const text = damage(disk.read(PATH) ?? '');
    disk.put(PATH, text);
    const { history, problems } = open(disk);
    expect(await history.read()).toBeNull();
    expect(problems).toEqual([expect.stringContaining(`${PATH} cannot be used and begins anew`)]);
    expect(disk.read(`${PATH}.bad`)).toBe(text);
    // The journal of the lost file is nobody's.
    await history.write(all[0] as Remembered);
    expect(await open(disk).history.read()).toEqual(all[0]);
  });

  test('in the middle of the journal: what stands before it is known', async () => {
    const disk = new FakeDisk();
    const all = histories(4);
    await written(disk, all);
    const lines = (disk.read(`${PATH}.journal`) ?? '').split('\n');
    const first = lines.findIndex((line) => line.includes('"seen"'));
    disk.put(`${PATH}.journal`, lines.with(first + 1, 'garbage').join('\n'));
    const { history, problems } = open(disk);
    expect(await history.read()).toEqual(all[1]);
    expect(problems).toEqual([expect.stringContaining('is damaged, what follows that is forgotten')]);
    expect(disk.paths()).toContain(`${PATH}.journal.bad`);
  });
});

test('a disk that was full: the next write is whole again', async () => {
  const disk = new FakeDisk();
  const all = histories(5);
  const { history } = open(disk);
  await history.write(all[0] as Remembered);
  disk.fault = (step) => (step === 'sync' ? errnoError('ENOSPC') : null);
  await expect(history.write(all[1] as Remembered)).rejects.toMatchObject({ code: 'ENOSPC' });
  disk.fault = () => null;
  await history.write(all[3] as Remembered);
  expect(await open(disk).history.read()).toEqual(all[3]);
});

test('the form of the first version is read', async () => {
  const disk = new FakeDisk();
  const span = { kind: 'down', start: START, end: START + 1, cause: 'c', detectedMs: null, by: 'b' };
  const track = { first: START, spans: [span], folded: [] };
  disk.put(PATH, JSON.stringify({ version: 1, seen: START + 5, gaps: [], tracks: [['service/web', track]] }));
  const { history, problems } = open(disk);
  expect(await history.read()).toMatchObject({
    ledger: { seen: START + 5, tracks: new Map([['service/web', track]]) },
  });
  expect(problems).toEqual([]);
});
