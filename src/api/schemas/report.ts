import { z } from 'zod';
import { nextCursor, text } from './common.ts';

const seconds = z.number().min(0);
const orNothing = (schema: z.ZodType<number>) => z.union([schema, z.null()]);

const budget = z.object({
  targetPercent: z.number(),
  allowedMinutes: z.number(),
  usedMinutes: z.number(),
  text: text.describe('99.99% of a year = 52.6 min; used 3.1 min'),
});

const windowReport = z
  .object({
    upSeconds: seconds,
    downSeconds: seconds,
    plannedSeconds: seconds,
    unobservedSeconds: seconds.describe('nobody looked, or nobody could tell: counts neither way'),
    incidents: z.number(),
    availability: orNothing(z.number().min(0).max(1)).describe('up over up and down; null: nothing was observed'),
    nines: orNothing(z.number()).describe('3.5 for 99.97%; null without downtime'),
    mtbfSeconds: orNothing(seconds),
    mttrSeconds: orNothing(seconds),
    budget: z.union([budget, z.null()]).describe('of services with a target'),
  })
  .meta({ id: 'WindowReport' });

const incident = z
  .object({
    kind: z.enum(['down', 'planned', 'unobserved']),
    start: text.describe('ISO 8601'),
    end: z.union([text, z.null()]).describe('null: it goes on'),
    seconds: z.number().describe('without the time that nobody looked'),
    cause: text,
    detectionSeconds: orNothing(z.number()).describe('from the first sign to the decision; null: not known'),
    by: text.describe('who found it out or did it'),
  })
  .meta({ id: 'IncidentReport' });

const objectReport = z
  .object({
    kind: z.enum(['service', 'server', 'address']),
    name: text,
    condition: z.enum(['up', 'down', 'planned', 'unobserved']),
    why: text,
    windows: z.object({ day: windowReport, '30d': windowReport, year: windowReport }),
    incidents: z.array(incident).describe('the latest first'),
  })
  .meta({ id: 'ObjectReport', description: 'how a service, a server or an address fared' });

export const reportPage = z
  .object({ at: text.describe('ISO 8601'), objects: z.array(objectReport), next: nextCursor })
  .meta({ id: 'ReportPage' });
