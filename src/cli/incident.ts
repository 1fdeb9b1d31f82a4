import type { IncidentReport, WindowReport } from '../availability/report.ts';
import { ago } from './style.ts';

/** Availability as people read it. */

export const percent = ({ availability }: WindowReport): string =>
  availability === null ? '-' : `${Number((availability * 100).toFixed(availability > 0.999 ? 5 : 2))}%`;

export const incidentInWords = ({ kind, start, end, seconds, cause, detectionSeconds, by }: IncidentReport): string => {
  const noticed = detectionSeconds === null ? '' : `, noticed after ${ago(detectionSeconds * 1000)}`;
  return `${kind} from ${start} for ${ago(seconds * 1000)}${end === null ? ' so far' : ''}: ${cause} (${by}${noticed})`;
};
