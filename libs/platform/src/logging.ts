import { currentContext, traceIdOf } from '@countersign/kernel';
import type { LoggerService } from '@nestjs/common';
import { destination, pino, stdSerializers, type Logger } from 'pino';

/** JSON lines on standard output, each with trace id, tenant and service; secrets by name are never written. */
export function createLogger(service: string, level: string): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: loggedError },
      formatters: { level: label => ({ level: label }) },
      redact: {
        paths: [
          'password',
          'secret',
          'token',
          'authorization',
          'refreshToken',
          'accessToken',
          'passwordText',
          '*.password',
          '*.secret',
          '*.token',
          '*.authorization',
          '*.refreshToken',
          '*.accessToken',
          '*.passwordText',
        ],
        censor: '[redacted]',
      },
      mixin: () => {
        const context = currentContext();
        return context ? { traceId: traceIdOf(context.traceparent), tenantId: context.tenantId } : {};
      },
    },
    destination({ fd: 1, sync: true }),
  );
}

/** Members of database errors that hold values of rows: passwords, tokens and people's data among them. */
const ROW_VALUES = new Set(['parameters', 'driverError', 'detail', 'where', 'internalQuery']);

/** An error as it is logged: pino's form of it, without values of the database. */
export function loggedError(error: Error): Record<string, unknown> {
  return withoutRowValues(stdSerializers.err(error) as unknown as Record<string, unknown>);
}

function withoutRowValues(shown: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shown).flatMap(([name, value]) => {
      if (ROW_VALUES.has(name)) return [];
      const inner = name === 'aggregateErrors' && Array.isArray(value);
      return [[name, inner ? (value as Record<string, unknown>[]).map(withoutRowValues) : value]];
    }),
  );
}

/** Nest's logger over pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    // Nest passes the class that logs as the last argument, an error's stack before it.
    const context = typeof rest.at(-1) === 'string' ? (rest.pop() as string) : undefined;
    const error = message instanceof Error ? message : rest.find(item => item instanceof Error);
    const detail = rest.filter(item => item !== error && item !== undefined);
    this.logger[level](
      { context, ...(error ? { err: error } : {}), ...(detail.length > 0 ? { detail } : {}) },
      message instanceof Error ? message.message : typeof message === 'string' ? message : JSON.stringify(message),
    );
  }
}
