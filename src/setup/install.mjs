import { buildNative, nativeLoads } from './native.mjs';

/** The package's install script: the prebuilt addon where it fits this machine, one built from source where not. */
if (!nativeLoads()) await buildNative();
