export function bundleTypes(): Promise<void>;
