import { type Family, families, type Subject } from '../family.ts';
import { labelText } from '../labels.ts';
import type { AvailabilityFigures, BudgetFigures } from '../scene.ts';

/** A service or address, over one of the windows of the report. */
const WINDOW: Subject<AvailabilityFigures> = {
  labels: ['kind', 'name', 'window'],
  *items({ availability }) {
    for (const of of availability) yield { labels: labelText(WINDOW.labels, [of.kind, of.name, of.window]), of };
  },
};

/** A service with a target, over one window. */
const BUDGET: Subject<BudgetFigures> = {
  labels: ['service', 'window'],
  *items({ availability }) {
    for (const { name, window, budget } of availability)
      if (budget) yield { labels: labelText(BUDGET.labels, [name, window]), of: budget };
  },
};

export const AVAILABILITY_FAMILIES: readonly Family[] = [
  ...families(WINDOW, [
    {
      name: 'fairlead_availability_ratio',
      type: 'gauge',
      help: 'up over up and down in the window that ends now, as `fairlead report` has it; none while nothing was observed',
      value: ({ ratio }) => ratio,
    },
    {
      name: 'fairlead_availability_down_seconds',
      type: 'gauge',
      help: 'time down in the window, planned interruptions left out',
      value: ({ downSeconds }) => downSeconds,
    },
    {
      name: 'fairlead_availability_planned_seconds',
      type: 'gauge',
      help: 'time interrupted on purpose in the window: drains and hand-overs',
      value: ({ plannedSeconds }) => plannedSeconds,
    },
    {
      name: 'fairlead_availability_incidents',
      type: 'gauge',
      help: 'how often it went down in the window',
      value: ({ incidents }) => incidents,
    },
  ]),
  ...families(BUDGET, [
    {
      name: 'fairlead_availability_budget_seconds',
      type: 'gauge',
      help: 'how long the service may be down in the window, by its target',
      value: ({ allowedSeconds }) => allowedSeconds,
    },
    {
      name: 'fairlead_availability_budget_left_seconds',
      type: 'gauge',
      help: 'what is left of that; negative when more was used',
      value: ({ allowedSeconds, usedSeconds }) => allowedSeconds - usedSeconds,
    },
  ]),
];
