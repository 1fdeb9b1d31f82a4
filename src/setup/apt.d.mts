export function plannedInstalls(plan: string): string[];
export function plannedRemovals(plan: string): string[];
export function installCommand(packages: readonly string[]): string;
