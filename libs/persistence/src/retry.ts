import { setTimeout as delay } from 'node:timers/promises';

const RETRYABLE = new Set(['40001', '40P01']);

/** The SQLSTATE of a database error (PostgreSQL appendix A), also through TypeORM's wrapper. */
export function sqlState(error: unknown): string | undefined {
  const holder = error as { code?: unknown; driverError?: { code?: unknown } } | undefined;
  const code = holder?.driverError?.code ?? holder?.code;
  // Every SQLSTATE has a digit; EPIPE, of the same length, is the system's.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The name of the constraint that a database error names, e.g. of a unique violation (23505). */
export function violatedConstraint(error: unknown): string | undefined {
  const holder = error as { constraint?: string; driverError?: { constraint?: string } } | undefined;
  return holder?.driverError?.constraint ?? holder?.constraint;
}

/** True for failures of the database itself, not of the statement: connection lost, shutting down, out of connections, timeout. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|57P0|53|40001|40P01|57014|25006|58)/.test(state);
  const text = error instanceof Error ? `${(error as { code?: string }).code ?? ''} ${error.message}` : '';
  return /ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout/.test(
    text,
  );
}

/** Repeats a whole transaction that lost a serialization or deadlock race; at most 5 tries. */
export async function retrySerialization<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 5 || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      await delay(Math.random() * 20 * attempt);
    }
  }
}
