import type { DataSource } from 'typeorm';
import type { MigrationClass } from './data-source.js';
import { sqlState } from './retry.js';

/** The database is behind the code: the service must not start, since its first statement could corrupt or fail. */
export class PendingMigrationsError extends Error {
  override readonly name = 'PendingMigrationsError';

  constructor(
    readonly schema: string,
    readonly pending: readonly string[],
  ) {
    super(`The database schema ${schema} lacks ${pending.join(', ')}: run \`countersign migrate\` first`);
  }
}

/**
 * Compares the applied migrations with the ones in the code. A database that is ahead is accepted: during a rolling
 * upgrade the old code still runs on it.
 * @param source of the worker role, which may read the table of applied migrations
 * @throws PendingMigrationsError naming what is pending and the remedy
 */
export async function assertMigrated(source: DataSource, migrations: readonly MigrationClass[]): Promise<void> {
  const schema = (source.options as { schema?: string }).schema ?? 'public';
  let applied: { name: string }[];
  try {
    applied = await source.query<{ name: string }[]>(`select name from ${schema}.migrations`);
  } catch (error) {
    // 42P01 undefined_table, 42501 insufficient_privilege: the first migration, which grants it, never ran.
    if (!['42P01', '42501'].includes(sqlState(error) ?? '')) throw error;
    applied = [];
  }
  const names = new Set(applied.map(({ name }) => name));
  const pending = migrations.map(migrationName).filter(name => !names.has(name));
  if (pending.length > 0) throw new PendingMigrationsError(schema, pending);
}

/** The name under which TypeORM keeps a migration. */
function migrationName(migration: MigrationClass): string {
  return new migration().name ?? migration.name;
}
