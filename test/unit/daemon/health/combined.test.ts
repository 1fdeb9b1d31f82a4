import { expect, test } from 'vitest';
import { configSchema } from '../../../../src/config/schema.ts';
import { combining } from '../../../../src/daemon/health/combined.ts';
import { desire } from '../../../../src/decide/desire.ts';
import type { ProbeResult } from '../../../../src/model/health.ts';
import { NO_OVERRIDES } from '../../../../src/model/override.ts';
import type { ProberPort } from '../../../../src/model/ports.ts';

/** Answers by port: what the test says, or good. */
function asking(answers: Readonly<Record<number, Partial<ProbeResult>>>) {
  const asked: string[] = [];
  const prober: ProberPort = {
    async probe({ port }, { check }): Promise<ProbeResult> {
      asked.push(`${check.kind} ${port}`);
      const evidence = `${check.kind} on ${port}`;
      return { ok: true, at: port, durationMs: port, phase: 'response', outcome: 'fine', evidence, ...answers[port] };
    },
  };
  return { asked, prober: combining(prober) };
}

async function probe(check: unknown, answers: Readonly<Record<number, Partial<ProbeResult>>> = {}) {
  const service = { name: 'web', listen: ['tcp://10.0.0.100:80'], servers: [{ address: '10.0.0.11' }], check };
  const { services } = desire(configSchema.parse({ services: [service] }), NO_OVERRIDES, 1);
  const settings = services[0]?.servers[0]?.check;
  if (!settings) throw new Error('no check');
  const { asked, prober } = asking(answers);
  const result = await prober.probe({ address: '10.0.0.11', port: 80 }, settings, new AbortController().signal);
  return { asked, result };
}

const refused = { ok: false, outcome: 'refused', evidence: 'refused' } as const;
const stalled = { ok: false, outcome: 'stalled', evidence: 'held up' } as const;

test('every part is asked at its port, and the times are those of all', async () => {
  const { asked, result } = await probe({ all: [{ tcp: {} }, { http: { path: '/x' }, port: 81 }] });
  expect(asked).toEqual(['tcp 80', 'http 81']);
  expect(result).toMatchObject({ ok: true, at: 80, durationMs: 81, evidence: 'tcp on 80 and http on 81' });
});

test('all, any and a quorum', async () => {
  const of = [{ tcp: {} }, { tcp: {}, port: 81 }, { tcp: {}, port: 82 }];
  const answers = { 80: refused, 81: refused };
  expect((await probe({ all: of }, answers)).result.ok).toBe(false);
  expect((await probe({ any: of }, answers)).result.ok).toBe(true);
  expect((await probe({ quorum: { of, need: 2 } }, answers)).result).toMatchObject({
    ok: false,
    evidence: 'only 1 of 3 checks were good: refused and refused',
  });
});

test('what could not be asked decides nothing, unless it does not matter', async () => {
  const two = [{ tcp: {} }, { tcp: {}, port: 81 }];
  expect((await probe({ all: two }, { 80: stalled })).result).toMatchObject({ outcome: 'stalled' });
  expect((await probe({ all: two }, { 80: stalled, 81: refused })).result).toMatchObject({
    ok: false,
    outcome: 'too-few',
  });
  expect((await probe({ any: two }, { 80: stalled })).result).toMatchObject({ ok: true });
});

test('a check of one kind goes straight through', async () => {
  expect((await probe({ tcp: {} }, { 80: refused })).result.outcome).toBe('refused');
});
