export declare function bundlePrograms(folder: string, entryPoints: readonly string[]): Promise<void>;
