/** Where a daemon answers and commands look, unless told otherwise. */
export const DEFAULT_SOCKET = '/run/fairlead/fairlead.sock';
export const DEFAULT_FILE = '/etc/fairlead/fairlead.yaml';
