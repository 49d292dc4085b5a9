// Sends Temporal's own log lines, including its Rust core's, where ours go: JSON on stderr.

import { Runtime } from '@temporalio/worker';
import type { LogLevel, LogMetadata } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Call once per process, before the first connection. */
export function installTemporalLog(log: Logger): void {
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    const name = level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error';
    // State changes and bundling matter only for debugging a worker, and so does that hosts run no workflows.
    const isQuiet = name === 'info' || message.startsWith('No workflows registered');
    // pino writes the message and stack of an error only under `err`.
    const { error, ...rest } = meta;
    log[isQuiet ? 'debug' : name](error === undefined ? rest : { ...rest, err: error }, message);
  };
  const at = (level: LogLevel) => (message: string, meta?: LogMetadata) => write(level, message, meta);
  const logger = {
    log: write,
    trace: at('TRACE'),
    debug: at('DEBUG'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
  };
  Runtime.install({
    logger,
    // The command handles signals: the first one drains, the second one stops.
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
  });
}
