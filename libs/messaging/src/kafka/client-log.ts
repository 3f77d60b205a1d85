import type { LoggerService } from '@nestjs/common';
import { logLevel, type logCreator, type LogEntry } from 'kafkajs';
import { RecentLines } from './recent-lines.js';

const CONTEXT = 'kafka';
const QUIET_MS = 30_000;
/** The driver itself learns of these, handles them and says what follows from them. */
const HANDLED = /^(Response |Connection error|Connection timeout|Failed to connect to seed broker|Limiting retries)/;

/**
 * What kafkajs says, as warnings at most: it calls an error what it tries again, as "coordinator is loading" at the first
 * use of a fresh broker. What cannot be mended reaches the driver as an exception. The same line comes once in 30 s.
 */
export function clientLog(logger: LoggerService): logCreator {
  const recent = new RecentLines(QUIET_MS);
  return () => (entry: LogEntry) => {
    if (entry.level > logLevel.WARN) return;
    const { message, error } = entry.log as { message: string; error?: unknown };
    if (HANDLED.test(message)) return;
    const line = `${entry.namespace}: ${message}${typeof error === 'string' ? `: ${error}` : ''}`;
    if (recent.isNew(line)) logger.warn(line, CONTEXT);
  };
}
