import { combine, membersOf } from '../../health/combine.ts';
import { OUR_OWN_TROUBLE } from '../../health/own-trouble.ts';
import type { ProbeResult } from '../../model/health.ts';
import type { ProberPort } from '../../model/ports.ts';

/** A prober that also asks several things of one server, all at once, and makes one answer of them. */
export const combining = (prober: ProberPort): ProberPort => ({
  ...(prober.prepare && { prepare: prober.prepare }),
  ...(prober.collect && { collect: prober.collect }),
  ...(prober.collectSteps && { collectSteps: prober.collectSteps }),
  ...(prober.refused && { refused: prober.refused }),
  async probe(target, settings, signal) {
    const combined = membersOf(settings.check);
    if (combined === undefined) return prober.probe(target, settings, signal);
    const { need, of } = combined;
    const results = await Promise.all(
      of.map(({ check, port }) =>
        prober.probe(port === null ? target : { ...target, port }, { ...settings, check }, signal),
      ),
    );
    return undecided(need, results) ?? { ...combine(need, results), at: at(results), durationMs: durationOf(results) };
  },
});

/** What could not be asked may have been good or bad. Where that decides, nothing is found. */
function undecided(need: number, results: readonly ProbeResult[]): ProbeResult | undefined {
  const trouble = results.find(({ outcome }) => OUR_OWN_TROUBLE.has(outcome));
  if (trouble === undefined) return undefined;
  const asked = results.filter(({ outcome }) => !OUR_OWN_TROUBLE.has(outcome));
  const good = asked.filter(({ ok }) => ok).length;
  const open = results.length - asked.length;
  return good < need && good + open >= need ? trouble : undefined;
}

const at = (results: readonly ProbeResult[]): number => Math.min(...results.map((result) => result.at));
const durationOf = (results: readonly ProbeResult[]): number => Math.max(...results.map((result) => result.durationMs));
