export const PACKAGES: readonly string[];
export function serversMissing(): string | false;
export function unpackServers(): Promise<void>;
export function addUsers(folder: string): void;
