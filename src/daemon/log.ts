import pino from 'pino';
import type { Log, LogFields } from '../base/log.ts';

/** JSON lines for machines, or one readable line each on a terminal. Both on stderr; stdout belongs to commands. */
export function createLog(options: { readonly terminal: boolean; readonly level: string }): Log {
  if (options.terminal) return terminalLog(options.level === 'debug');
  const logger = pino(
    { level: options.level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  };
}

function terminalLog(debug: boolean): Log {
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      const { text, ...rest } = fields;
      const details = Object.entries(rest).map(([key, value]) => `${key}=${String(value)}`);
      const time = new Date().toISOString().slice(11, 23);
      process.stderr.write(`${[time, level, event.padEnd(8), text, ...details].filter(Boolean).join(' ')}\n`);
    };
  return {
    debug: debug ? write('debug') : () => {},
    info: write('     '),
    warn: write('WARN '),
    error: write('ERROR'),
  };
}
